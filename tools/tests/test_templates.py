"""What is at hand when the databases are made that tests copy."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tools import templates
from tools.addons import Addon
from tools.odoo import Odoo


def test_nothing_else_can_install_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    addon = ours / "helpdesk_one"
    addon.mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{'name': 'One', 'depends': ['sale']}")
    built = []

    def build(odoo: Odoo, _name: str, *_: object, **__: object) -> None:
        built.append(odoo.addons_paths)

    monkeypatch.setattr(templates, "_build", build)
    monkeypatch.setattr(templates, "_drop_like", lambda *_: None)
    monkeypatch.setattr(templates.odoo_source, "find", lambda: None)
    monkeypatch.setattr(templates.database, "locked", lambda *_: nullcontext())
    monkeypatch.setattr(templates.database, "names", lambda *_: [])
    monkeypatch.setattr(templates.database, "get_parameter", lambda *_: None)
    odoo = Odoo(None, tmp_path, addons_paths=[templates.ROOT, theirs, ours])
    templates.ensure(odoo, [Addon(addon)], with_demo=False)
    assert built == [[templates.ROOT], [templates.ROOT, ours]]
    assert odoo.addons_paths == [templates.ROOT, theirs, ours]
