"""Finding Odoo."""

from pathlib import Path

import pytest

from tools import debian, odoo_source
from tools.errors import KitError


def checkout(folder: Path, series: str) -> Path:
    (folder / "odoo").mkdir(parents=True)
    major, minor = series.split(".")
    (folder / "odoo/release.py").write_text(
        f"version_info = ({major}, {minor}, 0, FINAL, 0, '')\n"
    )
    (folder / "odoo-bin").touch()
    return folder


def test_the_checkout_named_by_odoo_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = checkout(tmp_path / "odoo 19", "19.0")
    monkeypatch.setenv("ODOO_PATH", str(path))
    found = odoo_source.find()
    assert found and found.path == path
    assert found.addons == [path / "addons"]


@pytest.mark.parametrize(
    ("series", "reason"),
    [("18.0", "it is Odoo 18.0"), (None, "there is no such folder")],
    ids=["older", "nothing"],
)
def test_odoo_path_that_is_not_odoo_19(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, series: str | None, reason: str
) -> None:
    if series:
        checkout(tmp_path / "odoo", series)
    monkeypatch.setenv("ODOO_PATH", str(tmp_path / "odoo"))
    with pytest.raises(KitError, match=reason):
        odoo_source.find()


def test_no_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(odoo_source, "find", lambda: None)
    monkeypatch.setattr(debian, "is_available", lambda: False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(KitError, match="ODOO_PATH"):
        odoo_source.check_obtainable()


def test_a_half_deleted_odoo_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODOO_PATH", raising=False)
    monkeypatch.setattr(odoo_source, "UNPACKED", tmp_path)
    monkeypatch.setattr(odoo_source, "_importable", lambda: None)
    monkeypatch.setattr(odoo_source, "CLONE", tmp_path / "clone")
    packages = checkout(tmp_path / "usr/lib/python3/dist-packages", "19.0")
    assert odoo_source.find() is None
    (tmp_path / "version").write_text("19.0.0")
    found = odoo_source.find()
    assert found and found.path == packages
    (packages / "odoo/release.py").unlink()
    assert odoo_source.find() is None
