"""The one exception that the kit shows to people."""


class KitError(Exception):
    """Something is missing or went wrong; the message is one sentence that says how to mend it."""


def last_line(text: str) -> str:
    """Give what a program said last, which mostly is why it ended."""
    return text.strip().rpartition("\n")[2]
