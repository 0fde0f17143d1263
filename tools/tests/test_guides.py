from pathlib import Path

import polib
import pytest

from tools import guides
from tools.errors import KitError


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A language, and two pages of one paragraph each."""
    monkeypatch.setattr(guides, "LOCALE", tmp_path)
    (tmp_path / "de/LC_MESSAGES").mkdir(parents=True)

    def extract() -> dict[str, polib.POFile]:
        pages = {}
        for page in ("refund", "coupon"):
            pages[page] = polib.POFile()
            pages[page].append(polib.POEntry(msgid=f"Give a {page}"))
        return pages

    monkeypatch.setattr(guides, "extract", extract)
    return tmp_path


def test_new_page(locale: Path) -> None:
    changed = guides.update_translations()
    assert {path.stem for path in changed} == {"refund", "coupon"}
    (entry,) = polib.pofile(str(guides.translation("de", "refund")))
    assert (entry.msgid, entry.msgstr) == ("Give a refund", "")
    assert guides.update_translations() == []


def test_translation_is_kept(locale: Path) -> None:
    guides.update_translations()
    path = guides.translation("de", "refund")
    file = polib.pofile(str(path))
    file[0].msgstr = "Erstatten"
    file.append(polib.POEntry(msgid="Gone", msgstr="Fort"))
    file.save()
    assert guides.update_translations() == [path]
    (entry,) = polib.pofile(str(path))
    assert entry.msgstr == "Erstatten"


def test_page_that_went(locale: Path) -> None:
    guides.update_translations()
    old = guides.translation("de", "old")
    polib.POFile().save(str(old))
    assert guides.update_translations() == [old]
    assert not old.exists()


def test_warning_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guides, "ROOT", tmp_path)
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    (tmp_path / "conf.py").write_text('extensions = ["myst_parser"]\n')
    (tmp_path / "index.md").write_text("# Title\n\n![](nowhere.png)\n")
    with pytest.raises(KitError, match=r"nowhere\.png"):
        guides.build(tmp_path, tmp_path / "out")
