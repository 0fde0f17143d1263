"""The demo: a database with our addons and demo data, served until Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from tools import (
    addons,
    database,
    languages,
    mail,
    odoo_source,
    postgres,
    preflight,
    processes,
    progress,
)
from tools.errors import KitError
from tools.odoo import LOADING, Odoo, parse_log
from tools.paths import KIT, LOGS, ROOT

DATABASE = "helpdesk_demo"
DATA = KIT / "data"
MAIL = KIT / "mail"  # what the demo would have sent
LOG = LOGS / "demo.log"
# What Odoo and werkzeug say of the port.
BOUND, TAKEN = "HTTP service (werkzeug) running on", "Address already in use"
MARK = "helpdesk_kit.installed"  # a system parameter: hashes of what is completely installed
OTHERS = "others"  # the key, among those hashes, of Odoo's and the OCA addons' versions


def _odoo(server: postgres.Server) -> Odoo:
    return Odoo(server, DATA, options={"dbfilter": f"^{DATABASE}$", "list_db": False})


def serve() -> int:
    """``make demo``: bring the database up to date and serve it."""
    chosen = addons.selected(os.environ.get("ADDONS"))
    processes.die_with_parent()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with postgres.running(postgres.DEMO_CLUSTER) as server:
            odoo = _odoo(server)
            _bring_up_to_date(odoo, chosen)
            if wanted := _languages():
                _load_languages(odoo, wanted)
            with mail.kept_in(MAIL) as mail_port:
                odoo.options["smtp_port"] = mail_port
                return _serve(odoo)
    except KeyboardInterrupt:
        progress.say("\nStopped; the data are kept.")
        return 0


def _interrupt(*_arguments: object) -> None:
    raise KeyboardInterrupt


def _bring_up_to_date(odoo: Odoo, chosen: list[addons.Addon]) -> None:
    """Install what is missing and upgrade what changed, or do nothing."""
    if DATABASE not in database.names(odoo.server):
        _create(odoo, chosen)
        return
    mark = database.get_parameter(odoo.server, DATABASE, MARK)
    if mark is None:
        raise KitError(
            f"There is a database {DATABASE} that this kit did not make: rename or remove it."
        )
    done = json.loads(mark)
    # Addons can also be installed in the browser, without the kit's knowledge.
    present = database.installed(odoo.server, DATABASE)
    now = _hashes(
        addon for addon in addons.ours() if addon.name in present or addon in chosen
    )
    if now == {name: done.get(name) for name in now}:
        return
    new = sorted(now.keys() - present - {OTHERS})
    changed = sorted(
        name for name in now.keys() & present if now[name] != done.get(name)
    )
    if now[OTHERS] != done.get(OTHERS):
        changed = ["base"]  # which is to upgrade everything
    arguments = ["-i", ",".join(new)] if new else []
    arguments += ["-u", ",".join(changed)] if changed else []
    _install(odoo, DATABASE, "Updating the demo database", arguments)
    database.set_parameters(odoo.server, DATABASE, {MARK: json.dumps(now)})


def _hashes(chosen: Iterable[addons.Addon]) -> dict[str, str]:
    """Give what tells whether installed addons are up to date."""
    source = odoo_source.find()
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    others = [
        line for line in requirements.splitlines() if line.startswith("odoo-addon")
    ]
    others.append(source.version if source else "")
    return {
        OTHERS: " ".join(others),
        **{addon.name: addon.content_hash() for addon in chosen},
    }


def _create(odoo: Odoo, chosen: list[addons.Addon]) -> None:
    """Create the database, which gets its name when it is complete."""
    half = f"{DATABASE}_half"
    database.drop(odoo.server, half, DATA)
    now = _hashes(chosen)
    names = ",".join(addon.name for addon in chosen)
    _install(odoo, half, "Creating the demo database", ["-i", names])
    database.set_parameters(odoo.server, half, {MARK: json.dumps(now)})
    database.rename(odoo.server, half, DATABASE, DATA)


def _install(odoo: Odoo, name: str, title: str, arguments: list[str]) -> None:
    log = LOGS / "demo-install.log"
    log.unlink(missing_ok=True)
    command = [*arguments, "--with-demo", "--no-http"]
    with progress.step(title) as step:
        for entry in odoo.run(command, database=name, log=log):
            if (match := LOADING.match(entry.message)) and int(match[3]) > 1:
                step.update(100 * int(match[2]) / int(match[3]), match[1])


def _languages() -> list[str]:
    return [
        code.strip()
        for code in os.environ.get("DEMO_LANG", "").split(",")
        if code.strip()
    ]


def _load_languages(odoo: Odoo, wanted: list[str]) -> None:
    """Load languages (new addons may have brought new terms) and give the administrator the first."""
    with database.connected(odoo.server, DATABASE) as link, link.cursor() as cursor:
        cursor.execute("SELECT code FROM res_lang")
        known = {code for (code,) in cursor.fetchall()}
        if unknown := [code for code in wanted if code not in known]:
            raise KitError(
                f"DEMO_LANG={','.join(unknown)} is no language of Odoo: write for instance de_DE, fr_FR or en_GB."
            )
        cursor.execute("SELECT code FROM res_lang WHERE active")
        missing = set(wanted) - {code for (code,) in cursor.fetchall()}
    if missing:
        languages.load(odoo, DATABASE, sorted(missing))
    with database.connected(odoo.server, DATABASE) as link, link.cursor() as cursor:
        cursor.execute(
            "UPDATE res_partner SET lang = %s WHERE id = (SELECT partner_id FROM res_users WHERE login = 'admin')",
            [wanted[0]],
        )


def _serve(odoo: Odoo) -> int:
    """Serve on the port that was asked for, or on the next one that nobody else takes."""
    wanted = preflight.wanted_port()
    process = None
    while process is None:
        port = processes.free_port(wanted)
        if port != wanted:
            progress.say(f"Port {wanted} is in use; taking {port}.")
        process = _start(odoo, port)
    try:
        print(
            f"\nOdoo with the helpdesk addons is served; Ctrl-C stops it (log: {LOG.relative_to(ROOT)})."
        )
        print(
            f"Address:  http://localhost:{port}\nLogin:    admin\nPassword: admin\n"
            "Others:   helpdesk/helpdesk (agent), customer/customer (portal)",
            flush=True,
        )
        return process.wait()
    finally:
        processes.stop(process)


def _start(odoo: Odoo, port: int) -> subprocess.Popen | None:
    """Start Odoo and wait until it answers; give nothing if somebody else got the port first."""
    url = f"http://localhost:{port}"
    database.set_parameters(
        odoo.server,
        DATABASE,
        {
            "web.base.url": url,
            "web.base.url.freeze": "True",
            "report.url": f"http://127.0.0.1:{port}",
        },
    )
    with LOG.open("w") as log:
        process = odoo.start(["--http-port", str(port)], database=DATABASE, output=log)
    try:
        with progress.step("Starting Odoo"):
            while not (BOUND in LOG.read_text(errors="replace") and _is_up(url)):
                if process.poll() is not None:
                    break
                time.sleep(0.2)
        if process.poll() is None:
            return process
        if TAKEN in LOG.read_text(errors="replace"):
            return None
        raise KitError(
            f"Odoo did not start: {_why(LOG)} (see {LOG.relative_to(ROOT)})."
        )
    except BaseException:
        processes.stop(process)
        raise


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/web/health", timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        raise KitError(
            f"Odoo answers with an error ({error}): see {LOG.relative_to(ROOT)}."
        ) from error
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _why(log: Path) -> str:
    if not log.is_file():
        return "it wrote no log"
    errors = [
        entry
        for entry in parse_log(log.read_text().splitlines())
        if entry.level in ("ERROR", "CRITICAL")
    ]
    return errors[-1].lines[-1] if errors else "it gave no reason"


def shell() -> int:
    """``make shell``: Odoo's shell on the demo database, or a script from the standard input."""
    with postgres.running(postgres.DEMO_CLUSTER) as server:
        if DATABASE not in database.names(server):
            raise KitError("There is no demo database yet: run make demo first.")
        command = [
            sys.executable,
            "-m",
            "odoo",
            "shell",
            "-d",
            DATABASE,
            "--no-http",
            "--log-level",
            "warn",
        ]
        return subprocess.call(command, env=_odoo(server).environment())
