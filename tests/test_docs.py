"""The guides build, are complete in each language, and say what stands on the screen."""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import polib
import pytest

from tools import addons, descriptions, guides, odoo_source, pictures, shots
from tools.paths import ROOT, VENV

BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
LINK = re.compile(r"\]\(([^)]+)\)")
PICTURE = re.compile(r"(?:!\[[^\]]*\]\(|<img src=\")([^)\"]+\.png)")
PAGES = sorted(ROOT.glob("docs/**/*.md"))
# Where the words on screens that the guides speak of come from, beside our own addons.
FROM_ODOO = (
    "account",
    "loyalty",
    "mail",
    "project",
    "product",
    "repair",
    "sale",
    "stock",
    "web",
)
FROM_OCA = ("helpdesk_mgmt", "helpdesk_mgmt_sale", "helpdesk_product")
MEGABYTES = 6


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", guides.languages())


def test_english_builds(tmp_path: Path) -> None:
    guides.build(guides.DOCS, tmp_path)
    hooks = (tmp_path / "integrators/hooks.html").read_text(encoding="utf-8")
    assert "_get_after_sales_services" in hooks
    assert "HelpdeskReplacement" in (
        tmp_path / "integrators/own_service.html"
    ).read_text(encoding="utf-8")


def test_translation_builds(language: str, tmp_path: Path) -> None:
    guides.build(guides.TRANSLATED, tmp_path, language=language)
    page = (tmp_path / "refund.html").read_text(encoding="utf-8")
    assert f"refund-dialog.{language}.png" in page


def test_there_is_german() -> None:
    assert "de" in guides.languages()


@cache
def extracted() -> dict[str, polib.POFile]:
    """The terms of the translated pages."""
    return guides.extract()


def test_translations_are_complete(language: str) -> None:
    for page, terms in extracted().items():
        translation = polib.pofile(str(guides.translation(language, page)))
        wanted = [term.msgid for term in terms]
        assert [entry.msgid for entry in translation] == wanted, (
            f"{page}: run make docs, and translate what is new"
        )
        missing = [
            entry.msgid for entry in translation if not entry.msgstr or entry.fuzzy
        ]
        assert not missing, page


def test_translations_keep_links_and_pictures(language: str) -> None:
    for page in extracted():
        for entry in polib.pofile(str(guides.translation(language, page))):
            assert LINK.findall(entry.msgid) == LINK.findall(entry.msgstr), entry.msgid


@cache
def terms(language: str) -> dict[str, set[str]]:
    """By English term what it is called in a language."""
    source = odoo_source.find()
    assert source
    folders = [addon.path for addon in addons.ours()]
    for base in (*source.addons, source.path / "odoo" / "addons"):
        folders += [base / name for name in FROM_ODOO]
    for base in VENV.glob("lib/python3.*/site-packages/odoo/addons"):
        folders += [base / name for name in FROM_OCA]
    called = defaultdict(set)
    for folder in folders:
        for file in (folder / "i18n").glob("*.pot"):
            for entry in polib.pofile(str(file)):
                called[entry.msgid].update()
        translation = folder / "i18n" / f"{language}.po"
        if translation.exists():
            for entry in polib.pofile(str(translation)):
                if entry.msgstr:
                    called[entry.msgid].add(entry.msgstr)
    for addon in addons.ours():
        called[addon.manifest["name"]].update()
    return called


def spaced(text: str) -> str:
    return " ".join(text.split())


def test_bold_is_what_stands_on_the_screen() -> None:
    known = terms("de")
    unknown = {
        (page.name, spaced(words))
        for page in PAGES
        for words in BOLD.findall(page.read_text(encoding="utf-8"))
        if spaced(words) not in known
    }
    assert not unknown


def test_translated_bold_is_what_stands_on_the_screen(language: str) -> None:
    known = terms(language)
    wrong = []
    for page in extracted():
        for entry in polib.pofile(str(guides.translation(language, page))):
            english, translated = BOLD.findall(entry.msgid), BOLD.findall(entry.msgstr)
            allowed = set().union(*(known[words] or {words} for words in english))
            wrong += [(page, words) for words in translated if words not in allowed]
            if len(english) != len(translated):
                wrong.append((page, entry.msgid))
    assert not wrong


def test_generated_files_are_current() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, text in descriptions.expected().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run make docs"


def referenced() -> set[Path]:
    """The pictures that are shown somewhere, in each language there is."""
    found = set()
    for page in (
        *PAGES,
        ROOT / "README.md",
        *ROOT.glob("*/static/description/index.html"),
    ):
        for name in PICTURE.findall(page.read_text(encoding="utf-8")):
            picture = page.parent / name
            found.add(picture)
            if page.parent == guides.TRANSLATED:
                for language in guides.languages():
                    found.add(picture.with_suffix(f".{language}.png"))
    return found


def test_pictures_are_there_and_shown() -> None:
    assert referenced() == pictures.present_pictures()


def test_pictures_are_those_of_the_table() -> None:
    table = pictures.expected_files(shots.STORIES, shots.BANNERS)
    assert {ROOT / name for name in table} == pictures.present_pictures()


def test_pictures_are_small() -> None:
    size = sum(path.stat().st_size for path in pictures.present_pictures())
    assert size < MEGABYTES * 1_000_000


def test_community_files() -> None:
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md"):
        assert (ROOT / name).stat().st_size > 500


@pytest.mark.parametrize(
    "page", [*PAGES, *ROOT.glob("*.md")], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert not broken
