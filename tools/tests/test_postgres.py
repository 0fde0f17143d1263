"""A real cluster: shared, stopped by the last user, and sound after a kill."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from tools import database, postgres, processes
from tools.errors import KitError


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PGHOST", "PGPORT", "PGUSER", "ODOO_RC"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ("a deep folder with spaces " * 8).strip() / "pg"


def pids(cluster: Path) -> dict:
    return json.loads((cluster / "server.json").read_text())


def test_life_of_a_cluster(cluster: Path) -> None:
    with postgres.running(cluster) as server:
        first = pids(cluster)
        with postgres.running(cluster) as again:
            assert again == server
        assert processes.is_alive(first["postgres"])  # one user is left
        with database.connected(server) as link, link.cursor() as cursor:
            cursor.execute("CREATE TABLE kept AS SELECT 1 AS x")
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(dbname="postgres", **{**server.dsn, "password": "wrong"})
    assert not processes.is_alive(first["postgres"])
    assert not processes.is_alive(first["supervisor"])

    with postgres.running(cluster) as server:
        killed = pids(cluster)
        os.kill(killed["supervisor"], signal.SIGKILL)
        os.kill(killed["postgres"], signal.SIGKILL)
        assert processes.wait_until_gone(killed["postgres"])
    with (
        postgres.running(cluster) as server,
        database.connected(server) as link,
        link.cursor() as cursor,
    ):
        cursor.execute("SELECT x FROM kept")
        assert cursor.fetchall() == [(1,)]


def test_a_killed_server_is_there_again(cluster: Path) -> None:
    with postgres.embedded(cluster) as server:
        with database.connected(server) as link, link.cursor() as cursor:
            cursor.execute("CREATE TABLE kept AS SELECT 1 AS x")
            first = pids(cluster)
            postgres.crash(cluster)
            with pytest.raises(psycopg2.OperationalError):
                cursor.execute("SELECT 1")
        assert pids(cluster)["postgres"] != first["postgres"]
        assert pids(cluster)["server"] == first["server"]
        with database.connected(server) as link, link.cursor() as cursor:
            cursor.execute("SELECT x FROM kept")
            assert cursor.fetchone() == (1,)
    assert not processes.is_alive(first["supervisor"])


def test_a_killed_user_takes_the_server_along(cluster: Path) -> None:
    child = os.fork()
    if child == 0:
        with postgres.running(cluster):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    if (cluster / "server.json").exists():
        assert processes.wait_until_gone(pids(cluster)["supervisor"])
    assert not (cluster / "server.json").exists()


def test_its_programs_may_lie_in_a_private_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)  # as root's home is
    program = tmp_path / "postgres"
    program.touch(mode=0o755)
    check = f"import os, sys; sys.exit(not os.access({str(program)!r}, os.X_OK))"
    base = Path(sys.base_prefix) / "bin" / "python3"
    subprocess.run(postgres._as_postgres([base, "-c", check]), check=True)


def test_server_named_by_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGUSER", "odoo")
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.delenv("PGPORT", raising=False)
    assert postgres.named_by_environment() == postgres.Server(
        "db.example", 5432, "odoo", "secret"
    )


def test_named_server_that_is_of_no_use(
    monkeypatch: pytest.MonkeyPatch, cluster: Path
) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "many")
    with pytest.raises(KitError, match="PGPORT=many is no port"):
        postgres.named_by_environment()
    monkeypatch.setenv("PGPORT", str(processes.free_port()))
    with (
        pytest.raises(KitError, match=r"does not let us in \(.*refused"),
        postgres.running(cluster),
    ):
        pass


def test_named_server_whose_role_may_not_create_databases(
    monkeypatch: pytest.MonkeyPatch, cluster: Path
) -> None:
    with postgres.running(cluster) as server:
        with database.connected(server) as link, link.cursor() as cursor:
            cursor.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        monkeypatch.setenv("PGHOST", server.host)
        monkeypatch.setenv("PGPORT", str(server.port))
        monkeypatch.setenv("PGUSER", "guest")
        monkeypatch.setenv("PGPASSWORD", "guest")
        with (
            pytest.raises(KitError, match="ALTER ROLE guest CREATEDB"),
            postgres.running(cluster),
        ):
            pass


def test_server_named_by_the_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    configuration = tmp_path / "odoo.conf"
    configuration.write_text(
        "[options]\ndb_host = db.example\ndb_port = False\ndb_user = me\ndb_password = p%w\n"
    )
    monkeypatch.setenv("ODOO_RC", str(configuration))
    assert postgres.named_by_environment() == postgres.Server(
        "db.example", 5432, "me", "p%w"
    )
