from . import (
    test_access,
    test_contract,
    test_customer_mails,
    test_invoicing,
    test_notes,
    test_operations,
    test_portal,
    test_queries,
    test_repair,
    test_send_back,
    test_tour,
)
