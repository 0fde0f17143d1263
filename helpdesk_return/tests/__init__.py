from . import test_contract
from . import test_left_to_return
from . import test_lots
from . import test_return
from . import test_transfers
