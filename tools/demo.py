"""The demo: a database with our addons and demo data, served until Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tools import addons, database, odoo_source, postgres, processes, progress
from tools.errors import KitError
from tools.odoo import LOADING, Odoo, parse_log
from tools.paths import KIT, LOGS, ROOT

DATABASE = "helpdesk_demo"
DATA = KIT / "data"
MARK = "helpdesk_kit.installed"  # a system parameter: hashes of what is completely installed
FIRST_PORT = 8069


def _odoo(server: postgres.Server) -> Odoo:
    return Odoo(server, DATA, options={"dbfilter": f"^{DATABASE}$", "list_db": False})


def serve() -> int:
    """``make demo``: bring the database up to date and serve it."""
    chosen = addons.selected(os.environ.get("ADDONS"))
    port = _choose_port()
    processes.die_with_parent()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with postgres.running(postgres.DEMO_CLUSTER) as server:
            odoo = _odoo(server)
            _bring_up_to_date(odoo, chosen)
            languages = _languages()
            if languages:
                _load_languages(odoo, languages)
            return _serve(odoo, port)
    except KeyboardInterrupt:
        progress.say("\nStopped; the data are kept.")
        return 0


def _interrupt(*_arguments: object) -> None:
    raise KeyboardInterrupt


def _choose_port() -> int:
    wanted = os.environ.get("PORT") or str(FIRST_PORT)
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        raise KitError(f"PORT={wanted} is no port: give a number from 1 to 65535.")
    port = processes.free_port(int(wanted))
    if port != int(wanted):
        progress.say(f"Port {wanted} is in use; taking {port}.")
    return port


def _bring_up_to_date(odoo: Odoo, chosen: list[addons.Addon]) -> None:
    """Install what is missing and upgrade what changed, or do nothing."""
    wanted = {addon.name: addon.content_hash() for addon in chosen}
    source = odoo_source.find()
    wanted["odoo"] = source.version if source else ""
    done: dict[str, str] = {}
    if DATABASE in database.names(odoo.server):
        done = json.loads(database.get_parameter(odoo.server, DATABASE, MARK) or "{}")
    if not done:
        database.drop(
            odoo.server, DATABASE, DATA
        )  # none, or one whose creation was interrupted
        title = "Creating the demo database"
        arguments = ["--with-demo", "-i", ",".join(addon.name for addon in chosen)]
    else:
        changed = [
            addon.name for addon in chosen if done.get(addon.name) != wanted[addon.name]
        ]
        # Addons can also be installed in the browser, without the kit's knowledge.
        present = database.installed(odoo.server, DATABASE)
        present_changed = [
            addon.name for addon in addons.ours()
            if addon.name in present and done.get(addon.name) != addon.content_hash()
        ]  # fmt: skip
        new = [name for name in changed if name not in present]
        if not new and not present_changed:
            return
        title = "Updating the demo database"
        arguments = ["--with-demo"]
        arguments += ["-i", ",".join(new)] if new else []
        arguments += ["-u", ",".join(present_changed)] if present_changed else []
        wanted = {
            **done,
            **{
                addon.name: addon.content_hash()
                for addon in addons.ours()
                if addon.name in present
            },
            **wanted,
        }
    log = LOGS / "demo-install.log"
    log.unlink(missing_ok=True)
    with progress.step(title) as step:
        for entry in odoo.run([*arguments, "--no-http"], database=DATABASE, log=log):
            if (match := LOADING.match(entry.message)) and int(match[3]) > 1:
                step.update(100 * int(match[2]) / int(match[3]), match[1])
    database.set_parameters(odoo.server, DATABASE, {MARK: json.dumps(wanted)})


def _languages() -> list[str]:
    return [
        code.strip()
        for code in os.environ.get("DEMO_LANG", "").split(",")
        if code.strip()
    ]


def _load_languages(odoo: Odoo, languages: list[str]) -> None:
    """Load languages (new addons may have brought new terms) and give the administrator the first."""
    with database.connected(odoo.server, DATABASE) as link, link.cursor() as cursor:
        cursor.execute("SELECT code FROM res_lang")
        known = {code for (code,) in cursor.fetchall()}
        if unknown := [code for code in languages if code not in known]:
            raise KitError(
                f"DEMO_LANG={','.join(unknown)} is no language of Odoo: write for instance de_DE, fr_FR or en_GB."
            )
        cursor.execute("SELECT code FROM res_lang WHERE active")
        missing = set(languages) - {code for (code,) in cursor.fetchall()}
    if missing:
        with progress.step(f"Loading {', '.join(sorted(missing))}"):
            arguments = ["--load-language", ",".join(sorted(missing)), "--no-http"]
            for _entry in odoo.run(
                arguments, database=DATABASE, log=LOGS / "demo-install.log"
            ):
                continue
    with database.connected(odoo.server, DATABASE) as link, link.cursor() as cursor:
        cursor.execute(
            "UPDATE res_partner SET lang = %s WHERE id = (SELECT partner_id FROM res_users WHERE login = 'admin')",
            [languages[0]],
        )


def _serve(odoo: Odoo, port: int) -> int:
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
    log = LOGS / "demo.log"
    odoo.options["logfile"] = str(log)
    log.unlink(missing_ok=True)
    process = odoo.start(["--http-port", str(port)], database=DATABASE)
    try:
        with progress.step("Starting Odoo"):
            while not _is_up(url):
                if process.poll() is not None:
                    raise KitError(
                        f"Odoo did not start: {_why(log)} (see {log.relative_to(ROOT)})."
                    )
                time.sleep(0.2)
        print(
            f"\nOdoo with the helpdesk addons is served; Ctrl-C stops it (log: {log.relative_to(ROOT)})."
        )
        print(f"Address:  {url}\nLogin:    admin\nPassword: admin", flush=True)
        return process.wait()
    finally:
        processes.stop(process, signal.SIGTERM)


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/web/health", timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        raise KitError(
            f"Odoo answers with an error ({error}): see .kit/log/demo.log."
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
