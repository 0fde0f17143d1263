"""``make i18n``: write each addon's ``.pot`` and bring its ``.po`` file of each language in step with it.

Odoo exports the terms; polib, which Odoo needs anyway, merges them. (click-odoo-makepot does much the same,
but needs GNU gettext on the machine.)
"""

import datetime
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import polib

from tools import database, postgres, progress, templates
from tools.addons import Addon, ours, sort
from tools.errors import KitError, last_line
from tools.odoo import Odoo
from tools.paths import PYTHON, TMP

LANGUAGES = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "fr": "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "it": "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "nl": "nplurals=2; plural=(n != 1);",
    "pt_BR": "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
}
"""The languages that the product speaks, and how each forms plurals."""

DATABASE = "helpdesk_i18n"
# Facts about a run, which would change the file without a change of terms.
DATES = ("POT-Creation-Date", "PO-Revision-Date")
EXPORT = """
import json
from odoo.tools.translate import trans_export
for name, path in json.loads({names!r}).items():
    with open(path, "wb") as file:
        trans_export(False, [name], file, "po", env)
"""


def run() -> int:
    """Export and merge all addons' terms."""
    chosen = sort(ours())
    with postgres.running(postgres.TEST_CLUSTER) as server:
        exported = export(templates.make_odoo(server), chosen)
    for addon, terms in exported.items():
        changed = update(addon, terms)
        progress.say(f"{addon.name}: {', '.join(changed) or 'no change'}")
    return 0


def export(odoo: Odoo, chosen: Sequence[Addon]) -> dict[Addon, polib.POFile]:
    """Give each addon's terms as Odoo exports them, with all of the addons installed."""
    template, _problems = templates.ensure(odoo, chosen, with_demo=False)
    database.copy(odoo.server, template, DATABASE, odoo.data)
    paths = {addon.name: str(TMP / f"{addon.name}.pot") for addon in chosen}
    with progress.step("Exporting terms"):
        done = subprocess.run(
            [PYTHON, "-m", "odoo", "shell", "-d", DATABASE, "--no-http", "--log-level", "error"],
            input=EXPORT.format(names=json.dumps(paths)), env=odoo.environment(), text=True,
            capture_output=True, check=False,
        )  # fmt: skip
    database.drop(odoo.server, DATABASE, odoo.data)
    if done.returncode or not all(Path(path).is_file() for path in paths.values()):
        raise KitError(f"Odoo could not export the terms: {last_line(done.stderr)}.")
    files = {addon: without_tests(polib.pofile(paths[addon.name])) for addon in chosen}
    for path in paths.values():
        Path(path).unlink()
    return files


def without_tests(file: polib.POFile) -> polib.POFile:
    """Take away the terms that only an addon's tests have, which Odoo exports too."""
    for entry in list(file):
        if entry.occurrences and all(
            "/tests/" in path for path, _ in entry.occurrences
        ):
            file.remove(entry)
    return file


def update(addon: Addon, exported: polib.POFile) -> list[str]:
    """Write an addon's files where terms have changed, and give the names of those written."""
    folder = addon.path / "i18n"
    folder.mkdir(exist_ok=True)
    written = []
    pot = folder / f"{addon.name}.pot"
    if not is_current(addon, exported):
        now = datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%d %H:%M+0000"
        )
        exported.metadata |= dict.fromkeys(DATES, now)
        exported.save(str(pot))
        written.append(pot.name)
    template = polib.pofile(str(pot))
    for language in LANGUAGES:
        path = folder / f"{language}.po"
        if not path.exists():
            begin(path, template, language)
        if merge(path, template):
            written.append(path.name)
    return written


def begin(path: Path, template: polib.POFile, language: str) -> None:
    """Make a translation that has no term yet."""
    translation = polib.POFile()
    translation.header = template.header
    translation.metadata = template.metadata | {
        "Language": language,
        "Plural-Forms": LANGUAGES[language],
    }
    translation.save(str(path))


def merge(path: Path, template: polib.POFile) -> bool:
    """Give a translation the template's terms, without guesses; tell whether that changed it."""
    translation = polib.pofile(str(path))
    before = str(translation)
    known = {(entry.msgctxt, entry.msgid): entry for entry in translation}
    merged = polib.POFile()
    merged.header = translation.header
    merged.metadata = translation.metadata
    for term in template:
        entry = polib.POEntry(
            msgid=term.msgid, msgctxt=term.msgctxt, comment=term.comment, occurrences=term.occurrences,
            flags=list(term.flags),
        )  # fmt: skip
        if old := known.get((term.msgctxt, term.msgid)):
            entry.msgstr, entry.tcomment = old.msgstr, old.tcomment
            entry.flags += ["fuzzy"] if old.fuzzy else []
        merged.append(entry)
    if str(merged) == before:
        return False
    merged.save(str(path))
    return True


def is_current(addon: Addon, exported: polib.POFile) -> bool:
    """Tell whether an addon's template differs in nothing but its header."""
    pot = addon.path / "i18n" / f"{addon.name}.pot"
    if not pot.exists():
        return False
    return list(map(str, polib.pofile(str(pot)))) == list(map(str, exported))
