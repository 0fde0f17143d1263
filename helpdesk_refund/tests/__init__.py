from . import test_contract
from . import test_left_to_credit
from . import test_queries
from . import test_refund
from . import test_rest
from . import test_tour
