"""``python3 -m tools COMMAND``: what the Makefile calls."""

from tools.bootstrap import main

main()
