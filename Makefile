# Everything starts here: `make demo`, `make test`. Each sets up what it needs in .venv, once.
.DEFAULT_GOAL := help
.PHONY: help demo test lint format clean
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ARGS ?=

# Tests follow the processors, not only the cores: most of them wait for a disk or a socket.
PYTEST := $(BIN)/python -m pytest -n logical
# Without tools there is nothing to name: pyproject.toml lists them all.
MYPY := $(BIN)/mypy $(if $(wildcard tools/*.py tools/*/*.py),,gateway tests)
SET_UP = PYTHON="$(PYTHON)" sh .ci/set-up

help: ## What can be made
	@echo 'make demo    run the main job for real, then keep serving (ARGS=--once: stop at its end)'
	@echo 'make test    lint, types, architecture and tests (ARGS="tests/domain -x" goes to pytest)'
	@echo 'make lint    only the checks that need no run'
	@echo 'make format  let ruff arrange the code'
	@if [ -d tools/bench ]; then echo 'make bench   measure against the budgets'; fi
	@echo 'make clean   remove what make and the demo have built (not your data in var/)'

demo: $(VENV)/.ready-demo
	@$(BIN)/gateway demo $(ARGS)

# The quick checks first; then mypy beside the tests, its answer shown when the tests are done. Whatever fails, the
# rest still runs, so that one run shows everything.
test: $(VENV)/.ready-test
	@failed=; \
	echo '== ruff'; $(BIN)/ruff check || failed="$$failed ruff"; \
	$(BIN)/ruff format --check || failed="$$failed format"; \
	echo '== imports'; $(BIN)/lint-imports --no-logo || failed="$$failed imports"; \
	log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	$(MYPY) >"$$log" 2>&1 & types=$$!; \
	echo '== tests'; $(PYTEST) $(ARGS) || failed="$$failed tests"; \
	echo '== types'; wait $$types || failed="$$failed types"; cat "$$log"; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

lint: $(VENV)/.ready-test
	@failed=; \
	$(BIN)/ruff check || failed=1; $(BIN)/ruff format --check || failed=1; \
	$(BIN)/lint-imports --no-logo || failed=1; $(MYPY) || failed=1; \
	test -z "$$failed"

format: $(VENV)/.ready-test
	@$(BIN)/ruff check --fix-only --quiet; $(BIN)/ruff format

ifneq ($(wildcard tools/bench),)
.PHONY: bench
bench: $(VENV)/.ready-test
	@$(BIN)/python -m tools.bench $(ARGS)
endif

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment remembers where it was made: after the tree was moved or copied it is made again.
ifneq ($(shell cat $(VENV)/.place 2>/dev/null),$(shell pwd -P))
.PHONY: $(VENV)/.ready-demo $(VENV)/.ready-test
endif

$(VENV)/.ready-demo: pyproject.toml constraints.txt .ci/set-up
	@$(SET_UP) demo

$(VENV)/.ready-test: pyproject.toml constraints.txt .ci/set-up
	@$(SET_UP) test,demo,bench
