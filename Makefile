# Everything that a newcomer runs. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
UV_VERSION := 0.13.9
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo up test bench chaos lock clean install browser

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1 - /' | awk -F' - ' '{printf "make %-9s %s\n", $$1, $$2}'

demo: $(INSTALLED) ## start everything, replay a sample day, show what it saw (ARGS=--exit ends after that)
	@$(BIN)/bearometer demo $(ARGS)

up: $(INSTALLED) ## start everything and serve until Ctrl-C
	@$(BIN)/bearometer up $(ARGS)

test: $(INSTALLED) browser ## lint, types, and the whole suite
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy shared services training
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

bench: $(INSTALLED) ## measure ours, the plain way and the ceiling
	@$(BIN)/bearometer bench pipeline $(ARGS)

chaos: $(INSTALLED) ## kill and cut off what runs, and count what is left
	$(BIN)/pytest tests/e2e/test_kill_the_scorer.py tests/e2e/test_outages.py $(ARGS)

install: $(INSTALLED) ## only make .venv

lock: $(INSTALLED) ## pin the versions again
	$(BIN)/uv pip compile --no-header --no-emit-index-url pyproject.toml --all-extras -o requirements.lock

clean: ## remove what was built; .bearometer, the data, stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp makes a second start instant; a new pin or a new entry point installs again.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -m compileall -q .venv/lib/*/site-packages/pytickersymbols  # uncompiled, its list takes 4 s to load
	@touch $(INSTALLED)

# The browser tests need Debian's Chromium. Where it may not be installed they say so themselves.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)
browser:
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && $(SUDO) true 2>/dev/null \
	  && $(SUDO) apt-get update -qq && $(SUDO) apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; } \
	  || echo "Chromium is missing and may not be installed here: the browser tests will not run."
