"""A mail server that keeps what it is given: the demo writes to nobody."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools import processes


class Mailbox:
    """Accepts every message and writes it to a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a message; the name and the answer are aiosmtpd's."""
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns()}.eml"
        (self._folder / name).write_bytes(envelope.original_content or b"")
        return "250 Kept, not sent"


@contextmanager
def kept_in(folder: Path) -> Iterator[int]:
    """Have a mail server that keeps all mail in a folder, and give its port."""
    controller = Controller(
        Mailbox(folder), hostname="127.0.0.1", port=processes.free_port()
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
