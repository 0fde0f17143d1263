"""The addons of this checkout: which there are, what they need, and whether they changed."""

import ast
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.errors import KitError
from tools.paths import EXAMPLE_ADDONS, ROOT

IGNORED = {"__pycache__"}


@dataclass(frozen=True)
class Addon:
    """One addon's folder."""

    path: Path

    @property
    def name(self) -> str:
        """The technical name."""
        return self.path.name

    @property
    def manifest(self) -> dict:
        """The content of ``__manifest__.py``."""
        return ast.literal_eval(
            (self.path / "__manifest__.py").read_text(encoding="utf-8")
        )

    def content_hash(self) -> str:
        """Hash what an installed database depends on."""
        digest = hashlib.sha256()
        for base, folders, names in os.walk(self.path):
            folders[:] = sorted(set(folders) - IGNORED)
            for name in sorted(names):
                file = Path(base, name)
                # Of the description, menus have the icon; the rest is read when it is shown.
                if file.parent.name == "description" and file.stem != "icon":
                    continue
                if file.suffix not in (".pyc", ".pot", ".md", ".rst"):
                    digest.update(f"{file.relative_to(self.path)}\0".encode())
                    digest.update(file.read_bytes())
        return digest.hexdigest()[:16]


def in_folder(folder: Path) -> list[Addon]:
    """Find the installable addons of a folder, dependencies first."""
    found = [
        Addon(manifest.parent) for manifest in sorted(folder.glob("*/__manifest__.py"))
    ]
    return sort([addon for addon in found if addon.manifest.get("installable", True)])


def ours() -> list[Addon]:
    """Give the product's addons."""
    return in_folder(ROOT)


def examples() -> list[Addon]:
    """Give the addons that only the tests know."""
    return in_folder(EXAMPLE_ADDONS)


def selected(names: str | None) -> list[Addon]:
    """Give the product's addons that a comma-separated option names, and what of ours they need.

    :raises KitError: when there is no such addon.
    """
    known = {addon.name: addon for addon in ours()}
    if not known:
        raise KitError(
            "There is no addon in this checkout: run this in a complete clone of the repository."
        )
    if not names:
        return list(known.values())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in known]:
        raise KitError(
            f"There is no addon {', '.join(unknown)} here: choose from {', '.join(known)}."
        )
    return with_dependencies(wanted, known)


def with_dependencies(names: Iterable[str], known: Mapping[str, Addon]) -> list[Addon]:
    """Give addons and what of the known ones they need, dependencies first."""
    wanted = list(names)
    chosen: dict[str, Addon] = {}
    while wanted:
        addon = known[wanted.pop()]
        chosen[addon.name] = addon
        wanted += [
            name
            for name in addon.manifest.get("depends", ())
            if name in known and name not in chosen
        ]
    return sort(list(chosen.values()))


def sort(addons: list[Addon]) -> list[Addon]:
    """Order addons so that each comes after those that it depends on."""
    by_name = {addon.name: addon for addon in addons}
    ordered: dict[str, Addon] = {}

    def visit(addon: Addon) -> None:
        for name in addon.manifest.get("depends", ()):
            if name in by_name and name not in ordered:
                visit(by_name[name])
        ordered.setdefault(addon.name, addon)

    for addon in addons:
        visit(addon)
    return list(ordered.values())


def external_dependencies(addons: Iterable[Addon]) -> list[str]:
    """Give the addons of others that these depend on directly."""
    addons = list(addons)
    names = {addon.name for addon in addons}
    return sorted(
        {name for addon in addons for name in addon.manifest.get("depends", ())} - names
    )
