"""Merging translations."""

from pathlib import Path

import polib

from tools import i18n
from tools.addons import Addon


def pot(*terms: str, date: str = "2026-01-01") -> polib.POFile:
    file = polib.POFile()
    file.metadata = {
        "POT-Creation-Date": date,
        "Content-Type": "text/plain; charset=UTF-8",
    }
    for term in terms:
        file.append(polib.POEntry(msgid=term, occurrences=[("models/x.py", "")]))
    return file


def make(tmp_path: Path) -> Addon:
    addon = Addon(tmp_path / "helpdesk_x")
    (addon.path / "i18n").mkdir(parents=True)
    return addon


def test_nothing_changed_nothing_written(tmp_path: Path) -> None:
    addon = make(tmp_path)
    written = i18n.update(addon, pot("Refund"))
    assert written == ["helpdesk_x.pot", *(f"{code}.po" for code in i18n.LANGUAGES)]
    french = polib.pofile(str(addon.path / "i18n/fr.po"))
    assert french.metadata["Language"] == "fr"
    assert [entry.msgid for entry in french.untranslated_entries()] == ["Refund"]
    assert i18n.update(addon, pot("Refund", date="2027-01-01")) == []


def test_merge_keeps_adds_and_drops(tmp_path: Path) -> None:
    addon = make(tmp_path)
    german = pot("Refund", "Refunds")
    german.find("Refund").msgstr = "Erstatten"
    german.find("Refunds").msgstr = "Erstattungen"
    german.save(str(addon.path / "i18n/de.po"))
    assert i18n.update(addon, pot("Refund", "Coupon"))[:2] == [
        "helpdesk_x.pot",
        "de.po",
    ]
    merged = polib.pofile(str(addon.path / "i18n/de.po"))
    assert [(entry.msgid, entry.msgstr) for entry in merged] == [
        ("Refund", "Erstatten"),
        ("Coupon", ""),
    ]
    assert i18n.update(addon, pot("Refund", "Coupon")) == []


def test_terms_of_tests_are_left_out() -> None:
    file = pot("Refund")
    occurrence = ("code:addons/helpdesk_x/tests/test_x.py", "0")
    file.append(polib.POEntry(msgid="Only a test", occurrences=[occurrence]))
    assert [entry.msgid for entry in i18n.without_tests(file)] == ["Refund"]
