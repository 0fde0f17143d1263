from pathlib import Path

from tools import sphinx_hooks

SOURCE = '''
class Ticket(models.Model):
    """Tickets."""

    _inherit = "helpdesk.ticket"

    def _get_answer(self, question: str, *, loudly: bool = False) -> str:
        """Give the answer.

        :param question: what was asked
        """

    def _compute_answer(self):
        """Odoo calls this."""

    def _silent(self):
        pass


class Nothing(models.Model):
    _name = "nothing"
'''


def test_read_models(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/helpdesk_ticket.py").write_text(SOURCE, encoding="utf-8")
    (model,) = sphinx_hooks.read_models(tmp_path)
    assert model.name == "helpdesk.ticket"
    assert model.docstring == "Tickets."
    (hook,) = model.hooks
    assert hook.name == "_get_answer"
    assert hook.signature == "(question: str, *, loudly: bool=False) -> str"
    assert hook.docstring.startswith("Give the answer.")


def test_name_of_a_list_is_its_first(tmp_path: Path) -> None:
    (tmp_path / "wizards").mkdir()
    source = SOURCE.replace('"helpdesk.ticket"', '["helpdesk.ticket", "mail.thread"]')
    (tmp_path / "wizards/ticket.py").write_text(source, encoding="utf-8")
    (model,) = sphinx_hooks.read_models(tmp_path)
    assert model.name == "helpdesk.ticket"
