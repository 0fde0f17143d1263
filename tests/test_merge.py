"""Merged tickets take their documents along: every service's, in the browser."""

import pytest
from services import SERVICES

TICKET, DOCUMENT = "helpdesk.ticket", "helpdesk.ticket.document"


@pytest.fixture(scope="module")
def server(shared_odoo_server):
    return shared_odoo_server([*SERVICES, "helpdesk_after_sales_merge"], with_demo=True)
