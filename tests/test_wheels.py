"""Each addon builds as a wheel that has what an installation needs."""

import zipfile
from pathlib import Path

import pytest

from tools import addons, dist


@pytest.mark.parametrize("addon", addons.ours(), ids=lambda addon: addon.name)
def test_wheel(addon: addons.Addon, tmp_path: Path) -> None:
    (wheel,) = dist.build([addon], tmp_path / "dist")
    assert wheel.name.startswith(f"odoo_addon_{addon.name}-{addon.manifest['version']}")
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        text = content.read(metadata).decode()
    base = f"odoo/addons/{addon.name}/"
    needed = [
        "__init__.py",
        "__manifest__.py",
        *addon.manifest.get("data", ()),
        *addon.manifest.get("demo", ()),
    ]
    needed += [
        str(path.relative_to(addon.path)) for path in addon.path.glob("i18n/*.po*")
    ]
    needed += [
        str(path.relative_to(addon.path))
        for path in addon.path.glob("static/**/*")
        if path.is_file()
    ]
    needed += [str(path.relative_to(addon.path)) for path in addon.path.rglob("*.py")]
    assert not [name for name in needed if base + name not in names]
    assert "odoo==19.0.*" in text.replace(" ", "").replace(
        ">=19.0a,<19.1dev", "==19.0.*"
    )
    for name in addon.manifest["depends"]:
        if name.startswith("helpdesk_"):
            assert f"odoo-addon-{name}" in text.replace("_", "-").replace(
                name.replace("_", "-"), name
            )
