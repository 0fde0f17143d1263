"""The one exception that the kit shows to people."""


class KitError(Exception):
    """Something is missing or went wrong; the message is one sentence that says how to mend it."""
