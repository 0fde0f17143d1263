from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tools import pictures, shots
from tools.pictures import Banner, Shot, Story


def test_file_names() -> None:
    shot = Shot("docs/agents/images/refund")
    assert shot.file("en") == "docs/agents/images/refund.png"
    assert shot.file("de") == "docs/agents/images/refund.de.png"


def test_expected_files() -> None:
    story = Story("one", "admin", [Shot("a"), Shot("b", languages=["en"])])
    banner = Banner("helpdesk_refund", "b")
    assert pictures.expected_files([story], [banner]) == {
        "a.png",
        "a.de.png",
        "b.png",
        "helpdesk_refund/static/description/banner.png",
    }


def test_stale_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    folder = tmp_path / "helpdesk_x/static/description"
    folder.mkdir(parents=True)
    for name in ("icon.png", "kept.png", "gone.png"):
        (folder / name).touch()
    kept = Story("one", "admin", [Shot("helpdesk_x/static/description/kept", languages=["en"])])  # fmt: skip
    assert pictures.stale_pictures([kept], []) == [folder / "gone.png"]


def test_shrink() -> None:
    noise = Image.effect_noise((200, 100), 60).convert("RGB")
    original = BytesIO()
    noise.save(original, "PNG")
    small = pictures.shrink(original.getvalue())
    assert len(small) < len(original.getvalue())
    assert Image.open(BytesIO(small)).size == (200, 100)


def test_names_are_unique() -> None:
    names = [shot.name for story in shots.STORIES for shot in story.shots]
    assert len(names) == len(set(names))
    stories = [story.name for story in shots.STORIES]
    assert len(stories) == len(set(stories))


def test_banners_are_of_shots() -> None:
    names = {shot.name for story in shots.STORIES for shot in story.shots}
    assert {banner.shot for banner in shots.BANNERS} <= names
