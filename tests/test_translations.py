"""What must hold for each addon's translations, without a database."""

import re
from collections import defaultdict
from functools import cache

import polib
import pytest
from words import HOMONYMS, OUR_WORDS

from tools import addons, odoo_source
from tools.i18n import LANGUAGES

OURS = addons.ours()
CORE = (
    "base",
    "web",
    "mail",
    "portal",
    "product",
    "account",
    "sale",
    "stock",
    "sale_stock",
    "loyalty",
    "sale_loyalty",
    "repair",
    "project",
)
"""The addons of Odoo whose words ours stand beside on the same screens."""

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\{.*?\}\}|\{\w*\}")
TAG = re.compile(r"<(/?\w[\w.-]*)([^<>]*)>")
SPOKEN = re.compile(r'\b(?:title|alt|aria-label|placeholder)="[^"]*"')
"""Attributes that are translated with the text around them."""

each_file = pytest.mark.parametrize(
    ("addon", "language"),
    [(addon, language) for addon in OURS for language in LANGUAGES],
    ids=lambda value: getattr(value, "name", value),
)


def read(addon: addons.Addon, language: str) -> polib.POFile:
    return polib.pofile(str(addon.path / "i18n" / f"{language}.po"))


def markup(text: str) -> list[tuple[str, str]]:
    """Give the tags of a term, in alphabetical order: another language may order them otherwise."""
    return sorted(
        (tag, SPOKEN.sub("", attributes).strip())
        for tag, attributes in TAG.findall(text)
    )


def edges(text: str) -> tuple[str, str]:
    """Give the white space at the beginning and the end of a term."""
    return text[: -len(text.lstrip())], text[len(text.rstrip()) :]


@cache
def core_words(language: str) -> dict[str, set[str]]:
    """Give the translations that Odoo has for its own terms."""
    source = odoo_source.find()
    assert source
    words: dict[str, set[str]] = defaultdict(set)
    for name in CORE:
        folders = (source.path / "odoo" / "addons", *source.addons)
        files = (folder / name / "i18n" / f"{language}.po" for folder in folders)
        file = next(file for file in files if file.is_file())
        for entry in polib.pofile(str(file)).translated_entries():
            words[entry.msgid].add(entry.msgstr)
    return words


@each_file
def test_translation_is_complete(addon: addons.Addon, language: str) -> None:
    translation = read(addon, language)
    assert not [entry.msgid for entry in translation.untranslated_entries()]
    assert not [entry.msgid for entry in translation.fuzzy_entries()]
    assert not [entry.msgid for entry in translation.obsolete_entries()]
    template = polib.pofile(str(addon.path / "i18n" / f"{addon.name}.pot"))
    assert [entry.msgid for entry in translation] == [entry.msgid for entry in template]


@each_file
def test_translation_keeps_what_is_not_text(addon: addons.Addon, language: str) -> None:
    for entry in read(addon, language):
        source, text = entry.msgid, entry.msgstr
        assert sorted(PLACEHOLDER.findall(source)) == sorted(PLACEHOLDER.findall(text))
        assert markup(source) == markup(text), source
        assert edges(source) == edges(text), source


@each_file
def test_translation_uses_odoos_words(addon: addons.Addon, language: str) -> None:
    """Ours say what Odoo says for the same term, or what ``words.py`` says instead."""
    core = core_words(language)
    ours = OUR_WORDS.get(language, {})
    other = []
    for entry in read(addon, language):
        if entry.msgid in ours:
            expected = {ours[entry.msgid]}
        elif entry.msgid in core and entry.msgid not in HOMONYMS:
            expected = core[entry.msgid]
        else:
            continue
        if entry.msgstr not in expected:
            other.append((entry.msgid, entry.msgstr, expected))
    assert not other
