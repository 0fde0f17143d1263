"""``make docs``: the guides as HTML, their translations, and what is made of the addons' readme/."""

import subprocess
import sys
from pathlib import Path

import polib

from tools import descriptions, i18n, progress
from tools.errors import KitError
from tools.paths import ROOT, TMP

DOCS = ROOT / "docs"
BUILD = DOCS / "_build"
TRANSLATED = DOCS / "agents"  # what exists in more languages than English
LOCALE = DOCS / "locale"
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def run() -> int:
    """Write what is generated, bring translations in step with the guides, and build them."""
    for path in descriptions.write():
        progress.say(f"Written: {path.relative_to(ROOT)}")
    for path in update_translations():
        progress.say(f"Terms changed: {path.relative_to(ROOT)}")
    with progress.step("Building the guides"):
        build(DOCS, BUILD / "en")
        for language in languages():
            build(TRANSLATED, BUILD / language, language=language)
    progress.say(f"Open {(BUILD / 'en' / 'index.html').relative_to(ROOT)}.")
    return 0


def languages() -> list[str]:
    """Give the languages that there are translations for."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def build(
    source: Path, target: Path, *, language: str = "en", builder: str = "html"
) -> None:
    """Run Sphinx; its warnings are errors.

    :raises KitError: with what Sphinx says
    """
    command = [
        sys.executable, "-m", "sphinx", "--builder", builder, "--conf-dir", DOCS, "--fail-on-warning",
        "--keep-going", "--quiet", "--doctree-dir", TMP / "doctrees" / builder / language,
        "--define", f"language={language}", source, target,
    ]  # fmt: skip
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KitError(
            f"Sphinx does not build {source.relative_to(ROOT)} ({language}):\n{done.stderr.strip()}"
        )


def extract() -> dict[str, polib.POFile]:
    """Give the terms of each translated page, by the page's name."""
    folder = TMP / "gettext"
    build(TRANSLATED, folder, builder="gettext")
    return {path.stem: polib.pofile(str(path)) for path in folder.glob("*.pot")}


def translation(language: str, page: str) -> Path:
    """Give the file of a page's translation."""
    return LOCALE / language / "LC_MESSAGES" / f"{page}.po"


def update_translations() -> list[Path]:
    """Give the translations the terms that the pages have now, and return those that changed."""
    changed = []
    pages = extract()
    for language in languages():
        for page, terms in pages.items():
            path = translation(language, page)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                empty = polib.POFile()
                empty.metadata = {
                    "Language": language,
                    "MIME-Version": "1.0",
                    "Content-Type": "text/plain; charset=UTF-8",
                    "Content-Transfer-Encoding": "8bit",
                }
                empty.save(str(path))
            if i18n.merge(path, terms):
                changed.append(path)
        for path in (LOCALE / language).rglob("*.po"):
            if path.stem not in pages:
                path.unlink()
                changed.append(path)
    return changed
