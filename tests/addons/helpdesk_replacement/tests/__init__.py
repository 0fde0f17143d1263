from . import test_helpdesk_replacement
