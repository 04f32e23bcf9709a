# `make run` and `make test` do all the set-up on a fresh machine, then their job.
PYTHON ?= python3
VENV ?= .venv
# Exact versions of everything but torch; empty it (make CONSTRAINTS= run) to take the newest ones.
CONSTRAINTS ?= constraints.txt

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PIP_INSTALL := $(PIP) install $(if $(CONSTRAINTS),-c $(CONSTRAINTS))

# Many tests wait rather than work: a few more processes than cores. The quick ones wait less.
CORES := $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))' 2>/dev/null || echo 2)
WORKERS ?= $(shell expr $(CORES) + 2)
QUICK_WORKERS ?= $(shell expr $(CORES) + 1)
PYTEST := $(BIN)/pytest --dist worksteal
# Without these files each of the tests' processes compiles the tests and the bot anew.
unexport PYTHONDONTWRITEBYTECODE
QUICK := not ray and (smoke or not (slow or e2e or browser))

.PHONY: run demo check test test-cluster lint format words hashed audit api notebook clean help

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: $(VENV)/.bot ## Start the bot: on Discord with a token, in the local chat without one.
	$(BIN)/stylize-bot run --local-chat auto

demo: $(VENV)/.bot ## Run /stylize once on the bundled examples, unattended; picture, card and film of it are in demo-out/.
	$(BIN)/stylize-bot demo --out demo-out

check: lint ## Check style and types and run the quick tests: two to four minutes on two cores.
	$(PYTEST) -n $(QUICK_WORKERS) -m '$(QUICK)'

test: $(VENV)/.dev ## Run all tests: on two cores ten minutes, twice as long on older ones.
	$(PYTEST) -n $(WORKERS)

CLUSTER_TESTS ?= tests/contracts tests/e2e/test_cluster.py

test-cluster: $(VENV)/.dev ## Run the tests of painting on a Ray cluster, in a network of their own.
	$(BIN)/python -c 'import ray' 2>/dev/null || $(PIP_INSTALL) -e '.[dev,ray]'
	unshare --map-root-user --net sh -c 'ip link set lo up && exec $(BIN)/pytest -m ray $(CLUSTER_TESTS)'

lint: $(VENV)/.dev ## Check style, types, import rules and the Dockerfile.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

format: $(VENV)/.dev ## Format the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

words: $(VENV)/.dev ## Bring the translations up to date with the code; say what they lack.
	$(BIN)/python -m docs.translations

hashed: | $(BIN)/python ## Install all pinned packages by their hashes, before run or test: all but torch.
	$(PIP) install --no-deps --require-hashes -r hashes.txt

audit: $(VENV)/.dev ## Look up known vulnerabilities of everything that is installed, torch included.
	$(PIP) freeze --exclude-editable | $(BIN)/pip-audit --strict --disable-pip --no-deps -r /dev/stdin

api: $(VENV)/.dev ## Make docs/api.md, the reference of nst, from the docstrings.
	$(BIN)/python docs/make_api.py

notebook: $(VENV)/.dev ## Run docs/notebook.ipynb anew and keep what it shows.
	$(BIN)/python docs/make_notebook.py

clean: ## Remove the virtual environment and the demo's outcome (never the bot's data).
	rm -rf $(VENV) demo-out

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.bot: pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	$(PIP_INSTALL) -e '.[bot]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	$(PIP_INSTALL) -e '.[dev]'
	@touch $(VENV)/.bot $@
