from . import test_access
from . import test_contract
from . import test_coupon
from . import test_queries
from . import test_reserved
from . import test_send
from . import test_tour
