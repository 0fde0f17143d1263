"""The demo's mail server."""

import smtplib
from pathlib import Path

from tools import mail


def test_mail_is_kept(tmp_path: Path) -> None:
    with (
        mail.kept_in(tmp_path / "mail") as port,
        smtplib.SMTP("127.0.0.1", port) as client,
    ):
        client.sendmail(
            "from@example.com", ["to@example.com"], "Subject: Hello\r\n\r\nText"
        )
    (message,) = (tmp_path / "mail").glob("*.eml")
    assert "Subject: Hello" in message.read_text()
