from . import (
    test_contract,
    test_kits,
    test_left_to_return,
    test_lots,
    test_new_ticket,
    test_refund_of_return,
    test_return,
    test_return_request,
    test_return_slip,
    test_ticket_goods,
    test_tour,
    test_transfers,
)
