"""First steps, with the standard library alone: a suitable Python, then the virtual environment.

This module (and what it imports at the top) must be readable by old Pythons, which are
to get a sentence and not a syntax error.
"""

import os
import shutil
import signal
import subprocess
import sys

from tools.errors import KitError

OLDEST, NEWEST = (3, 10), (3, 13)


def main() -> None:
    """Run the command line, in the kit's virtual environment where the command needs it."""
    try:
        sys.exit(_run(sys.argv[1:]))
    except KitError as error:
        _complain(str(error))
    except OSError as error:
        if error.errno != 28:  # ENOSPC
            raise
        _complain(
            "The disk is full: free some space where this checkout lies and run the same command again."
        )
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _complain(message: str) -> None:
    sys.stderr.write("\n" + message + "\n")
    sys.exit(2)


def _run(arguments: list) -> int:
    if sys.version_info[:2] < OLDEST or sys.version_info[:2] > NEWEST:
        _use_another_python(arguments)
    from tools import cli, environment, preflight  # only now: written for OLDEST

    command = cli.parse(arguments)
    if command.name in cli.WITHOUT_SETUP or environment.is_inside():
        return cli.run(command)
    preflight.check_options(command.name)
    python = environment.prepare(
        with_tools=command.name in cli.WITH_TOOLS,
        with_browser=command.name in cli.WITH_BROWSER,
    )
    return os.execv(str(python), [str(python), "-m", "tools", *arguments])


def _use_another_python(arguments: list) -> None:
    """Start again with a suitable Python from the PATH, or say that there is none."""
    for minor in (12, 11, 10, 13):
        name = "python3.%d" % minor
        path = shutil.which(name)
        if path and subprocess.call([path, "--version"], stdout=-3, stderr=-3) == 0:
            os.execv(path, [path, "-m", "tools"] + arguments)
    raise KitError(
        "Odoo 19 needs Python 3.10 to 3.13, and this is Python %d.%d: install one of them "
        "(or name it: make PYTHON=/path/to/python3.12)." % sys.version_info[:2]
    )
