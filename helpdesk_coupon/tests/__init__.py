from . import (
    test_access,
    test_contract,
    test_coupon,
    test_portal,
    test_queries,
    test_reserved,
    test_send,
    test_tour,
)
