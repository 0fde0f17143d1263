# The development kit: each target is one call of the package in tools/.
# "make help" lists targets and options.
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
KIT = $(PYTHON) -m tools

# Options given on the command line (make demo PORT=8070) reach the kit too.
export ODOO_PATH PORT ADDONS ADDON TAGS STORY DEMO_LANG COUNT SCALE

.DEFAULT_GOAL := help
.PHONY: help setup demo shell test lint i18n docs pictures dist clean \
	bench load races faults rights fuzz combinations compat

help: ; @$(KIT) help
setup: ; @$(KIT) setup
demo: ; @$(KIT) demo
shell: ; @$(KIT) shell
test: ; @$(KIT) test
lint: ; @$(KIT) lint
i18n: ; @$(KIT) i18n
docs: ; @$(KIT) docs
pictures: ; @$(KIT) pictures
dist: ; @$(KIT) dist
clean: ; @$(KIT) clean

# Proofs: long, and not part of "make test".
bench: ; @$(KIT) bench
load: ; @$(KIT) load
races: ; @$(KIT) races
faults: ; @$(KIT) faults
rights: ; @$(KIT) rights
fuzz: ; @$(KIT) fuzz
combinations: ; @$(KIT) combinations
compat: ; @$(KIT) compat
