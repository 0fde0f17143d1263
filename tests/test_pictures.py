"""The scripts that take the pictures still find what they look for, and the guides' names are there."""

import re
from typing import Any

from tools import pictures, shots
from tools.paths import ROOT

ROW = re.compile(r"^\| `([a-z_.]+)` \| `([a-z_]+)` \| ([^|`]+) \|$", re.MULTILINE)


def test_shots_can_be_taken(server: Any, chromium_browser: Any) -> None:
    """Every story, in English; nothing is written."""
    camera = pictures.Camera(chromium_browser, server.url, "en", server.db)
    camera.prepare({})
    for story in shots.STORIES:
        camera.take(story)
    for banner in shots.BANNERS:
        camera.take_banner(banner)
    expected = pictures.expected_files(shots.STORIES, shots.BANNERS)
    assert set(camera.pictures) == {name for name in expected if ".de." not in name}


def test_names_to_build_on(server: Any) -> None:
    """The fields that the integrators' guide names are there, called as it says."""
    text = (ROOT / "docs/integrators/names.md").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len(rows) > 20
    rpc = server.rpc()
    wrong = []
    for model, field, label in rows:
        found = rpc.call(model, "fields_get", [field], ["string"])
        if found.get(field, {}).get("string") != label.strip():
            wrong.append((model, field, found))
    assert not wrong
