# Everything that is done with this project. Needs make, python3 (3.11 or newer, with venv and pip) and the package registries.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# By the variable and not by the option, so that what builds the package is pinned as well.
PIP := PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/python -m pip --disable-pip-version-check install --quiet
SOURCES := pyproject.toml constraints.txt hatch_build.py server/npm.py

.PHONY: help install demo serve test soak backlot browser graphiql npm-packages clean

help:
	@echo "make install   build $(VENV) with the command itsm-reports"
	@echo "make demo      serve reports of an embedded stand-in site on http://127.0.0.1:8000 (PORT=9000 moves it)"
	@echo "make serve     serve reports of the site that the settings name (environment or .env, see .env.example)"
	@echo "make test      lint, types and all quick tests"
	@echo "make soak      the long tests;  make browser   the checks in headless Chromium"
	@echo "make backlot   the connectors against a replay of a real Jira site"
	@echo "make graphiql  fetch GraphiQL's files, if that did not work at install"

install: $(VENV)/.installed

demo: install
	@ITSM_PORT="$${PORT:-$$ITSM_PORT}" $(BIN)/itsm-reports demo $(ARGS)

serve: install
	@$(BIN)/itsm-reports serve

test: $(VENV)/.tested npm-packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n 2 --dist loadfile

soak: $(VENV)/.tested npm-packages
	$(BIN)/python -m pytest -m soak

# A replay of measured behaviour of Jira Cloud, written by others. It cannot live beside our packages.
backlot: $(VENV)/.tested .venv-backlot/bin/backlot
	ITSM_TEST_BACKLOT=.venv-backlot/bin/backlot $(BIN)/python -m pytest tests/connectors/test_backlot.py

.venv-backlot/bin/backlot:
	$(PYTHON) -m venv .venv-backlot
	.venv-backlot/bin/python -m pip --disable-pip-version-check install --quiet backlot==0.1.0

browser: $(VENV)/.tested graphiql
	$(BIN)/python -m pytest -m browser

graphiql: install
	@$(BIN)/python -m server.npm

# The npm packages that tests run; without them a test fails and says so, it is not left out.
npm-packages: $(VENV)/.tested
	@$(BIN)/python -m tests.npm_packages

$(VENV)/.installed: $(SOURCES)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@$(PIP) --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .venv-backlot node_modules examples/frontend/node_modules examples/frontend/dist server/graphiql_assets .mypy_cache .pytest_cache .ruff_cache .hypothesis
