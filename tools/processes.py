"""Child processes that do not outlive the kit."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def die_with_parent(sig: int = signal.SIGTERM) -> None:
    """Ask the kernel to end this process when the one that started it ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0)


def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | IO[str] | None = None,
    stderr: int | IO[str] | None = None,
    cwd: Path | None = None,
    preexec: Callable[[], None] = die_with_parent,
) -> subprocess.Popen:
    """Start a command in a session of its own (Ctrl-C is for the kit to handle) that ends with us."""
    return subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
        [str(part) for part in command],
        env=env,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=preexec,
    )


def stop(
    process: subprocess.Popen, sig: int = signal.SIGTERM, patience: float = 20
) -> None:
    """Stop a process made by :func:`start` and whatever it has started, gently at first."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing of its group is left


def kill(pid: int) -> None:
    """End a process at once, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Give the processes that one has started and that still run (Linux only)."""
    return [
        int(child)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]


def is_alive(pid: int) -> bool:
    """Tell whether a process of this id exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until_gone(pid: int, patience: float = 20) -> bool:
    """Wait for a process that is not our child to end; tell whether it did."""
    deadline = time.monotonic() + patience
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_port_free(port: int) -> bool:
    """Tell whether a server could listen on this port of localhost."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(first: int | None = None) -> int:
    """Give a free port: ``first`` or the next one above it, or any."""
    if first is not None:
        for port in range(first, min(first + 200, 65536)):
            if is_port_free(port):
                return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
