"""What must hold for each addon's folder, without a database."""

import re
import xml.etree.ElementTree as ET

import pytest

from tools import addons

ALL = addons.ours() + addons.examples()
OURS = addons.ours()
FRAGMENTS = ("DESCRIPTION", "CONFIGURE", "USAGE", "HISTORY")
ORDER = ("security", "data", "wizards", "views")


def each(chosen: list[addons.Addon]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("addon", chosen, ids=lambda addon: addon.name)


def test_there_are_addons() -> None:
    assert OURS


@each(ALL)
def test_manifest(addon: addons.Addon) -> None:
    manifest = addon.manifest
    assert manifest["license"] == "AGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", manifest["version"])
    assert manifest["summary"]
    assert manifest["author"]


@each(ALL)
def test_manifest_files_exist(addon: addons.Addon) -> None:
    named = [*addon.manifest.get("data", ()), *addon.manifest.get("demo", ())]
    assert not [name for name in named if not (addon.path / name).is_file()]
    assert len(named) == len(set(named))


@each(ALL)
def test_every_data_file_is_in_the_manifest(addon: addons.Addon) -> None:
    named = {*addon.manifest.get("data", ()), *addon.manifest.get("demo", ())}
    folders = ("data", "demo", "security", "views", "wizards", "report")
    there = {
        str(path.relative_to(addon.path))
        for folder in folders
        for pattern in ("*.xml", "*.csv")
        for path in (addon.path / folder).rglob(pattern)
    }
    assert not there - named


@each(ALL)
def test_data_is_in_order(addon: addons.Addon) -> None:
    """Security first, then data, wizards, views, and menus at the end."""
    ranks = [
        len(ORDER) if name.endswith("_menus.xml") else ORDER.index(folder)
        for name in addon.manifest.get("data", ())
        if (folder := name.partition("/")[0]) in ORDER
    ]
    assert ranks == sorted(ranks)


@each(ALL)
def test_no_empty_folder(addon: addons.Addon) -> None:
    folders = [
        path
        for path in addon.path.rglob("*")
        if path.is_dir() and path.name != "__pycache__"
    ]
    assert not [
        path
        for path in folders
        if not any(child.name != "__pycache__" for child in path.iterdir())
    ]


@each(ALL)
def test_every_python_file_is_imported(addon: addons.Addon) -> None:
    missing = []
    for package in addon.path.rglob("__init__.py"):
        imported = package.read_text(encoding="utf-8")
        for module in package.parent.glob("*.py"):
            if module.name.startswith("__") or (
                package.parent.name == "tests" and not module.name.startswith("test_")
            ):
                continue
            if (
                package.parent.parent.name == "migrations"
                or package.parent.name == "migrations"
            ):
                continue
            if not re.search(rf"\b{module.stem}\b", imported):
                missing.append(str(module.relative_to(addon.path)))
    assert not missing


@each(ALL)
def test_no_view_replaces(addon: addons.Addon) -> None:
    """An extension that replaces takes the anchors of other addons away."""
    replacing = [
        path.name
        for path in addon.path.rglob("*.xml")
        if re.search(r"""position=["']replace["']""", path.read_text())
    ]
    assert not replacing


@each(ALL)
def test_xml_ids_of_demo_data(addon: addons.Addon) -> None:
    wrong = []
    for name in addon.manifest.get("demo", ()):
        if name.endswith(".xml"):
            records = ET.parse(addon.path / name).iter("record")
            ids = [record.get("id", "") for record in records]
            wrong += [
                xml_id
                for xml_id in ids
                if "." not in xml_id and not xml_id.endswith("_demo")
            ]
    assert not wrong


@each(OURS)
def test_readme_fragments(addon: addons.Addon) -> None:
    there = {path.stem for path in (addon.path / "readme").glob("*.*")}
    assert not set(FRAGMENTS) - there


@each(OURS)
def test_history_names_the_version(addon: addons.Addon) -> None:
    history = next((addon.path / "readme").glob("HISTORY.*")).read_text(
        encoding="utf-8"
    )
    assert addon.manifest["version"] in history


@each(OURS)
def test_icon(addon: addons.Addon) -> None:
    icons = {
        path.suffix for path in (addon.path / "static" / "description").glob("icon.*")
    }
    assert ".png" in icons
