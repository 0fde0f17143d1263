"""The command line behind the Makefile."""

import argparse
import fcntl
import importlib
import shutil
import sys
from dataclasses import dataclass, field

from tools import progress
from tools.errors import KitError
from tools.paths import KIT, ROOT

WITHOUT_SETUP = ("help", "clean")
PROOFS = {
    "bench": "speed",
    "load": "load",
    "races": "races",
    "faults": "faults",
    "rights": "rights",
    "fuzz": "bad_input",
    "combinations": "combinations",
    "compat": "compat",
}
"""The proofs, and the module of proofs/ that runs each."""
WITH_TOOLS = ("test", "lint", "docs", "pictures", "dist", *PROOFS)
WITH_BROWSER = ("test", "pictures", *PROOFS)
HELP = """\
make demo    serve the addons with demo data (the first time gets Odoo: some minutes, about 4 GB of disk)
make shell   Odoo's shell on the demo database; make -s shell < script.py runs a script
make test    all tests, in databases of their own; the last line counts passed and failed
make lint    ruff, pylint-odoo and oca-odoo-pre-commit-hooks
make i18n    write each addon's .pot and update its .po files
make docs    build the guides, and write what is made of the addons' readme/: descriptions and CHANGELOG.md
make pictures
             take all pictures of the guides and descriptions, in all their languages
make dist    build a wheel of each addon into dist/

Proofs, which take long and write the tables in docs/proofs/:
make bench   speed beside core and OCA addons; SCALE=1000,10000 with so many tickets
make load    32 agents and 32 customers at once for five minutes, with and without the addons
make races   several users at the same moment over RPC
make faults  servers killed in the middle of what they do
make rights  who may do what with which records, as proofs/rights_rules.py says
make fuzz    wrong and hostile input to every method and route
make combinations
             all sets of services, and addons of others beside ours
make compat  other people's tests, with and without our addons

make setup   get everything that demo and shell need, and stop there
make clean   remove all that the kit made (below .kit/), asking first about the demo's data

Options (make demo PORT=8070, or as environment variables):
  PYTHON     the Python to use, 3.10 to 3.13
  ODOO_PATH  a checkout of Odoo 19.0 to use instead of getting one
  PGHOST, PGPORT, PGUSER, PGPASSWORD
             a PostgreSQL server to use instead of the embedded one (or ODOO_RC, an Odoo configuration that names one)
  PORT       demo: the port to serve on (8069; the next free one if it is in use)
  ADDONS     demo: which addons to install, and what of ours they need (all): ADDONS=helpdesk_refund
  DEMO_LANG  demo: languages to load; the first becomes the administrator's: DEMO_LANG=de_DE
  ADDON      test: run the suite of this addon only: ADDON=helpdesk_refund
             compat: run this suite again, and take what was found before of the others: ADDON=sale
  STORY      pictures: take those of these stories in tools/shots.py only: STORY=return,repair
  COUNT      races, faults, fuzz: how many of each
  SCALE      bench: the numbers of tickets to measure with, instead of the demo data
  TAGS       test: run the tests that Odoo's --test-tags select: TAGS=/helpdesk_refund:TestRefund.test_partial
"""


@dataclass
class Command:
    """What was asked for."""

    name: str
    arguments: list[str] = field(default_factory=list)


def parse(arguments: list[str]) -> Command:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make", usage=HELP)
    parser.add_argument(
        "command",
        choices=(
            "help",
            "setup",
            "demo",
            "shell",
            *sorted({*WITH_TOOLS, "i18n", "clean"}),
        ),
    )
    return Command(parser.parse_args(arguments[:1] or ["help"]).command, arguments[1:])


def run(command: Command) -> int:
    """Run a command, in the virtual environment unless it is one of WITHOUT_SETUP."""
    match command.name:
        case "help":
            print(HELP, end="")
            return 0
        case "clean":
            return _clean()
        case "setup":
            progress.say("Everything is there.")
            return 0
        case "demo":
            from tools import demo

            return demo.serve()
        case "shell":
            from tools import demo

            return demo.shell()
        case "test":
            from tools import testing

            return testing.run()
        case "lint":
            from tools import lint

            return lint.run()
        case "i18n":
            from tools import i18n

            return i18n.run()
        case "docs":
            from tools import guides

            return guides.run()
        case "pictures":
            from tools import pictures

            return pictures.run()
        case "dist":
            from tools import dist

            return dist.run()
        case name if name in PROOFS:
            return importlib.import_module(f"proofs.{PROOFS[name]}").run()
    raise KitError(f"There is no command {command.name}: see make help.")


def _clean() -> int:
    if not KIT.exists():
        progress.say("There is nothing to remove.")
        return 0
    _refuse_if_used()
    # On a server of the PG* variables the demo has its database, and here its files.
    if (KIT / "pg" / "data").exists() or (KIT / "data").exists():
        if not sys.stdin.isatty():
            raise KitError(
                "There is demo data: run make clean in a terminal to be asked, or remove .kit/ yourself."
            )
        sys.stderr.write(
            "This removes the demo database and all that was entered in it. Go on? [y/N] "
        )
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            progress.say("Nothing was removed.")
            return 1
    shutil.rmtree(KIT)
    for folder in (
        ROOT / "tools",
        ROOT / "tests",
        *(path.parent for path in ROOT.glob("*/__manifest__.py")),
    ):
        for cache in [*folder.rglob("__pycache__")]:
            shutil.rmtree(cache)
    progress.say(
        "Removed .kit/ and all in it (of a PostgreSQL server that PG* variables named, nothing)."
    )
    return 0


def _refuse_if_used() -> None:
    for name in ("setup.lock", "test.lock", "pg/users.lock", "pg-test/users.lock"):
        if not (KIT / name).exists():
            continue
        with (KIT / name).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise KitError(
                    f"A command that uses .kit/{name.partition('/')[0]} runs in this checkout: stop it first."
                ) from None
