from . import (
    test_contract,
    test_customer_mails,
    test_left_to_credit,
    test_portal,
    test_queries,
    test_refund,
    test_rest,
    test_returned,
    test_tour,
)
