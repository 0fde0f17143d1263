"""Finding, ordering and hashing addons."""

from pathlib import Path

import pytest

from tools import addons
from tools.errors import KitError


def make(
    folder: Path, name: str, depends: tuple[str, ...] = (), **more: object
) -> Path:
    path = folder / name
    path.mkdir()
    (path / "__init__.py").touch()
    manifest = {"name": name, "depends": list(depends), **more}
    (path / "__manifest__.py").write_text(repr(manifest), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make(tmp_path, "a_service", ("z_base", "sale"))
    make(tmp_path, "m_other", ("z_base",))
    make(tmp_path, "z_base", ("mail",))
    make(tmp_path, "unfinished", installable=False)
    monkeypatch.setattr(addons, "ROOT", tmp_path)
    return tmp_path


def test_dependencies_come_first(folder: Path) -> None:
    assert [addon.name for addon in addons.ours()] == ["z_base", "a_service", "m_other"]


def test_external_dependencies(folder: Path) -> None:
    assert addons.external_dependencies(addons.ours()) == ["mail", "sale"]


def test_selection_brings_what_it_needs(folder: Path) -> None:
    assert [addon.name for addon in addons.selected("a_service")] == [
        "z_base",
        "a_service",
    ]
    assert len(addons.selected("")) == 3


def test_unknown_selection(folder: Path) -> None:
    with pytest.raises(KitError, match="There is no addon nothing here"):
        addons.selected("z_base,nothing")


def test_hash_follows_content(folder: Path) -> None:
    (addon,) = (addon for addon in addons.ours() if addon.name == "z_base")
    before = addon.content_hash()
    (addon.path / "__pycache__").mkdir()
    (addon.path / "__pycache__" / "x.pyc").touch()
    description = addon.path / "static/description"
    description.mkdir(parents=True)
    (description / "banner.png").touch()
    assert addon.content_hash() == before
    (description / "icon.png").touch()
    assert addon.content_hash() != before
    before = addon.content_hash()
    (addon.path / "models.py").write_text("# something", encoding="utf-8")
    assert addon.content_hash() != before
