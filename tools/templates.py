"""Databases to copy for the tests: made once for a set of addons, and again when their content changed."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tools import addons, database, odoo_source, processes, progress
from tools.addons import Addon
from tools.errors import KitError
from tools.odoo import LOADING, LogEntry, Odoo
from tools.paths import EXAMPLE_ADDONS, KIT, LOGS, ROOT
from tools.postgres import Server

DATA = KIT / "data-test"
PREFIX = "helpdesk_kit_"
PROBLEMS = "helpdesk_kit.problems"  # a system parameter of a template: what its installation complained about

# What Odoo or others complain about when our addons are installed, and which is not ours to mend:
# (logger, beginning of the message).
KNOWN_COMPLAINTS: tuple[tuple[str, str], ...] = ()


def make_odoo(server: Server, extra_paths: Iterable[Path] = ()) -> Odoo:
    """Give Odoo as the tests use it: its own data, and the example addons on the addons path."""
    paths = [ROOT, *([EXAMPLE_ADDONS] if addons.examples() else []), *extra_paths]
    return Odoo(server, DATA, addons_paths=paths)


def is_problem(entry: LogEntry) -> bool:
    """Tell whether a log record of an installation is a fault of ours."""
    return entry.level in ("WARNING", "ERROR", "CRITICAL") and not any(
        entry.logger == logger and entry.message.startswith(start)
        for logger, start in KNOWN_COMPLAINTS
    )


def ensure(
    odoo: Odoo, chosen: Sequence[Addon], *, with_demo: bool, others: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """Give a database in which our addons (and others) are installed, and what Odoo complained about meanwhile."""
    base = _ensure_base(
        _without_others(odoo, []),
        sorted({*addons.external_dependencies(chosen), *others}),
        with_demo=with_demo,
    )
    if not chosen:
        return base, []
    # In one order, so that whoever asks for these addons gets the same database.
    chosen = addons.sort(sorted(chosen, key=lambda addon: addon.name))
    key = _digest(base, *(addon.name for addon in chosen))
    name = f"{PREFIX}{key}_{_digest(*(addon.content_hash() for addon in chosen))}"
    with database.locked(odoo.server, name):
        if name not in database.names(odoo.server):
            _drop_like(odoo, f"{PREFIX}{key}_")
            what = ", ".join(addon.name for addon in chosen)
            _build(
                _without_others(odoo, chosen),
                name,
                base,
                [addon.name for addon in chosen],
                f"Installing {what}",
                with_demo=with_demo,
            )
    return name, json.loads(database.get_parameter(odoo.server, name, PROBLEMS) or "[]")


def with_addons(
    server: Server,
    names: Sequence[str],
    *,
    with_demo: bool,
    extra_paths: Iterable[Path | str] = (),
) -> tuple[Odoo, str]:
    """Give a database with the addons of these names, ours or others', and Odoo to use it with.

    :param extra_paths: folders with more addons
    """
    extra = [Path(path).resolve() for path in extra_paths]
    odoo = make_odoo(server, extra)
    folders = (addon for path in extra for addon in addons.in_folder(path))
    known = {
        addon.name: addon for addon in (*addons.ours(), *addons.examples(), *folders)
    }
    template, _problems = ensure(
        odoo,
        addons.with_dependencies([name for name in names if name in known], known),
        with_demo=with_demo,
        others=[name for name in names if name not in known],
    )
    return odoo, template


def _without_others(odoo: Odoo, chosen: Sequence[Addon]) -> Odoo:
    """Leave out folders of others in which Odoo might find addons that install themselves."""
    known = {ROOT, EXAMPLE_ADDONS, *(addon.path.parent for addon in chosen)}
    return replace(
        odoo, addons_paths=[path for path in odoo.addons_paths if path in known]
    )


def _ensure_base(odoo: Odoo, names: Sequence[str], *, with_demo: bool) -> str:
    """Give a database with the addons of others that ours stand on."""
    source = odoo_source.find()
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    key = _digest(*names, str(with_demo))
    name = (
        f"{PREFIX}base_{key}_{_digest(source.version if source else '', requirements)}"
    )
    with database.locked(odoo.server, name):
        if name not in database.names(odoo.server):
            _drop_like(odoo, f"{PREFIX}base_{key}_")
            title = (
                f"Preparing a database {'with' if with_demo else 'without'} demo data"
            )
            _build(odoo, name, None, names, title, with_demo=with_demo)
    return name


def _build(
    odoo: Odoo,
    name: str,
    base: str | None,
    names: Sequence[str],
    title: str,
    *,
    with_demo: bool,
) -> None:
    building = f"{PREFIX}building_{os.getpid()}"
    if base:
        database.copy(odoo.server, base, building, odoo.data)
    else:
        database.drop(odoo.server, building, odoo.data)
    arguments = [
        "-i",
        ",".join(names),
        "--no-http",
        *(["--with-demo"] if with_demo else []),
    ]
    log = LOGS / f"test-install-{os.getpid()}.log"
    problems = []
    with progress.step(title) as step:
        for entry in odoo.run(arguments, database=building, log=log):
            if (match := LOADING.match(entry.message)) and int(match[3]) > 1:
                step.update(100 * int(match[2]) / int(match[3]), match[1])
            if is_problem(entry):
                problems.append(f"{entry.level} {entry.logger}: {entry.text}")
    missing = set(names) - database.installed(odoo.server, building)
    if missing:
        raise KitError(
            f"Odoo did not install {', '.join(sorted(missing))}: see {log.relative_to(ROOT)}."
        )
    # Odoo refuses an installation where somebody holds a lock on the table of modules, autovacuum as well.
    database.leave_alone(odoo.server, building, "ir_module_module")
    if base:
        database.set_parameters(odoo.server, building, {PROBLEMS: json.dumps(problems)})
    database.rename(odoo.server, building, name, odoo.data)


def drop_leftovers(odoo: Odoo) -> None:
    """Drop the databases that processes made for themselves which were killed since."""
    for name in database.names(odoo.server):
        match = re.match(r"helpdesk_(?:server|others|kit_building)_(\d+)", name)
        if match and not processes.is_alive(int(match[1])):
            database.drop(odoo.server, name, odoo.data)


def _drop_like(odoo: Odoo, prefix: str) -> None:
    for name in database.names(odoo.server):
        if name.startswith(prefix):
            database.drop(odoo.server, name, odoo.data)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]
