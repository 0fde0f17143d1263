from pathlib import Path

import pytest

from tools import descriptions
from tools.addons import Addon

MANIFEST = '{"name": "X & Y", "summary": "Two", "version": "19.0.1.10.0"}'


@pytest.fixture
def addon(tmp_path: Path) -> Addon:
    folder = tmp_path / "helpdesk_x"
    (folder / "readme").mkdir(parents=True)
    (folder / "static/description").mkdir(parents=True)
    (folder / "__manifest__.py").write_text(MANIFEST, encoding="utf-8")
    for name, text in (
        ("DESCRIPTION", "It does **it**."),
        ("CONFIGURE", "## On the team\n\nSwitch on."),
        ("USAGE", "1. Press"),
        ("HISTORY", "## 19.0.1.10.0\n\n- Ten.\n\n## 19.0.1.9.0\n\n- Nine."),
    ):
        (folder / f"readme/{name}.md").write_text(text, encoding="utf-8")
    for name in ("icon", "banner", "dialog"):
        (folder / f"static/description/{name}.png").touch()
    return Addon(folder)


def test_describe(addon: Addon) -> None:
    page = descriptions.describe(addon)
    assert "<strong>it</strong>" in page
    assert "<h1>X &amp; Y</h1>" in page
    assert "<h3>On the team</h3>" in page  # below the chapter's own heading
    assert page.count("<img") == 2
    assert 'src="dialog.png"' in page


def test_changelog_has_the_newest_first(addon: Addon) -> None:
    text = descriptions.changelog([addon])
    assert text.index("## 19.0.1.10.0") < text.index("## 19.0.1.9.0")
    assert "### X & Y\n\n- Ten." in text
