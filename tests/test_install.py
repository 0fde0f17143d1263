"""The addons are installed into an existing Odoo from their wheels alone, as the README says."""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import addons, database, dist, odoo_source, postgres, templates
from tools.odoo import Odoo
from tools.paths import ROOT

# What Odoo's metadata ask for and the kit has under another name: psycopg2-binary, pypdf.
OTHER_NAMES = {"psycopg2": "2.9.9", "PyPDF2": "2.12.1"}
SERVICES = "helpdesk_refund,helpdesk_coupon,helpdesk_repair,helpdesk_fieldservice"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of a fresh environment in which there is Odoo and what it needs, and nothing of ours."""
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    (packages,) = (environment / "lib").glob("python3.*/site-packages")
    source = odoo_source.find()
    assert source
    paths = [sysconfig.get_path("purelib"), str(source.path)]
    (packages / "odoo-source.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    for package, version in OTHER_NAMES.items():
        information = packages / f"{package}-{version}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
    return environment / "bin" / "python"


@pytest.fixture
def odoo(postgres_server: postgres.Server) -> Odoo:
    """Odoo without this checkout on its addons path."""
    return Odoo(postgres_server, templates.DATA, addons_paths=[])


@pytest.fixture
def name(odoo: Odoo) -> Iterator[str]:
    """The name of a database in which there is nothing of ours."""
    with_ours = templates.make_odoo(odoo.server)
    others = addons.external_dependencies(addons.ours())
    template, _problems = templates.ensure(
        with_ours, [], with_demo=False, others=others
    )
    name = f"helpdesk_others_{os.getpid()}_wheels"
    database.copy(odoo.server, template, name, odoo.data)
    yield name
    database.drop(odoo.server, name, odoo.data)


def read_command() -> str:
    """Give the README's command that installs the wheels."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```sh\n(\s*pip install --find-links dist.*?)```", readme, re.S)
    assert found
    return found[1]


def test_installs_from_wheels(
    tmp_path: Path, python: Path, odoo: Odoo, name: str
) -> None:
    dist.build(addons.ours(), tmp_path / "dist")
    environment = {
        **odoo.environment(),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",  # what is not in dist/ is there already
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }

    def run(command: list[str]) -> None:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    run(["sh", "-ec", read_command()])
    run(
        [str(python), "-m", "odoo", "-d", name, "-i", SERVICES, "--stop-after-init", "--no-http"]
    )  # fmt: skip
    expected = {addon.name for addon in addons.ours()} - {"helpdesk_after_sales_merge"}
    assert expected <= database.installed(odoo.server, name)
