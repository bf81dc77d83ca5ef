# Everything a newcomer types. Needs Python 3.11 or later and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TRANSLATED := $(VENV)/.translated
# Runs a command on PostgreSQL and Redis of the project's own, unless DATABASE_URL and REDIS_URL name others.
ON_SERVERS := $(BIN)/python -m config.embedded run --
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 8 --dist loadgroup --no-loadscope-reorder
ON_FRESH_SERVERS := $(BIN)/python -m config.embedded run --throwaway --

.DEFAULT_GOAL := help
.PHONY: help install run demo test lint lint-steps format bench lock screenshots

help:  ## lists these commands
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf 'make %-12s %s\n' "$$name" "$$text"; done

install: $(INSTALLED) $(TRANSLATED)

# The stamp is written last: an installation that was cut short is begun again.
$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0])'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the dependencies of requirements.lock ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(TRANSLATED): $(INSTALLED) $(wildcard locale/*/LC_MESSAGES/*.po)
	@$(BIN)/python -m config.translations compile
	@touch $@

run: install  ## serves the province on PORT (8000) with worker and beat; Ctrl-C stops everything
	@exec $(BIN)/python -m config.serve

demo: install  ## the guided tour: drives the whole product on a throw-away database
	@DEBUG=1 DEMO=1 $(ON_FRESH_SERVERS) $(BIN)/python manage.py tour

test: install  ## all tests (ARGS="tests/audit -x" for some)
	@$(ON_FRESH_SERVERS) $(BIN)/python -m pytest $(if $(ARGS),$(ARGS),$(SIDE_BY_SIDE))

lint: install  ## ruff, format, types, imports, migrations, API schema, translations
	@$(ON_SERVERS) $(MAKE) --no-print-directory lint-steps

lint-steps:
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --urlconf config.urls_channel --custom-settings mobile.api.schema.DOCUMENT_SETTINGS --lang en --validate --fail-on-warn --file $(VENV)/channel.yaml
	diff -u docs/openapi/channel.yaml $(VENV)/channel.yaml
	$(BIN)/python manage.py gateway_schema --file $(VENV)/gateway.yaml
	diff -u docs/openapi/gateway.yaml $(VENV)/gateway.yaml
	$(BIN)/python -m config.translations check

format: install  ## lets ruff format the code and mend what it can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: install  ## every benchmark, or one: ONLY=name
	@$(ON_SERVERS) $(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

lock: install  ## writes requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header --group dev \
		--python-version 3.11 pyproject.toml --output-file requirements.lock

screenshots: install  ## makes docs/images from a running "make run"
	@$(BIN)/python docs/screenshots.py
