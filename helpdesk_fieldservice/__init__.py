from . import controllers, models, wizards

# isort: split
# After the pop-up, with which the demonstration data are made.
from . import demo
from .hooks import post_init_hook, pre_init_hook, uninstall_hook
