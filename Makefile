# dizuo: `make demo` examines the bundled city, `make test` runs every check.
# Nothing but Python 3.11 or newer is needed. Nothing here uses sudo.

PYTHON ?= python3
VENV   ?= .venv
CITY   ?= examples/monaco

BIN    := $(VENV)/bin
UV     := $(BIN)/uv
LOCK   := pyproject.toml uv.lock

# uv installs into this environment, with this interpreter, and never downloads another one.
export UV_PROJECT_ENVIRONMENT := $(abspath $(VENV))
export UV_PYTHON_DOWNLOADS := never
# Compiled once here, so that the first checkup does not wait for it.
export UV_COMPILE_BYTECODE := 1
export NO_MKDOCS_2_WARNING := 1
unexport VIRTUAL_ENV
SYNC   := sync --quiet --frozen --inexact
# Behind a proxy with a certificate of its own, the machine's store knows it and uv's does not.
MACHINE_CERTIFICATES := UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true

# In continuous integration nothing is skipped, so the peers must be there.
ifeq ($(CI),true)
CI_ONLY := $(VENV)-peers/.installed
endif
export DIZUO_PEERS ?= $(abspath $(VENV)-peers)

.DEFAULT_GOAL := help
.PHONY: help demo install test lint unit docs bench mutation peers clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/.installed  ## examine the bundled city (Monaco) and print where the report is
	@$(BIN)/dizuo checkup $(CITY)

install: $(VENV)/.installed  ## make the virtual environment and install dizuo

test: $(VENV)/.installed-dev $(CI_ONLY)  ## run every check: style, types, layers, documentation, tests
	@$(MAKE) --no-print-directory lint docs unit

lint: $(VENV)/.installed-dev  ## check style, types and the layers of the house
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev  ## run the tests, with coverage
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered --cov-fail-under=90

docs: $(VENV)/.installed-dev  ## build the documentation into site/
	$(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/.installed-dev $(VENV)-peers/.installed  ## measure against peers (minutes); with BENCH_CITY=folder on a city
	@for script in streets_plain "streets_hierarchy --pandana $(VENV)-peers/bin/python" isochrones; do \
	  set -- $$script; name=$$1; shift; echo "== $$name"; \
	  $(BIN)/python benchmarks/$$name.py $$@ $(if $(BENCH_CITY),--city $(BENCH_CITY)) || exit 1; done
	@for script in partition centrality; do echo "== $$script"; $(BIN)/python benchmarks/$$script.py || exit 1; done
	@echo "== whole_city"; $(BIN)/python benchmarks/whole_city.py $(CITY) $(BENCH_CITY)

mutation: $(VENV)/.installed-mutation  ## change the engines at random: do the tests notice? (long)
	$(BIN)/python mutation/run.py

peers: $(VENV)-peers/.installed  ## compare with other libraries, in an environment of their own
	$(BIN)/python -m pytest -m peers tests/peers

clean:  ## remove what was built, but not the environment
	rm -rf site htmlcov .coverage* $(CITY)/base $(CITY)/checkups

$(VENV)/.installed: $(UV) $(LOCK)
	@echo "Installing dizuo into $(VENV) ..."
	@$(UV) $(SYNC) 2>/dev/null || $(MACHINE_CERTIFICATES) $(UV) $(SYNC)
	@touch $@

$(VENV)/.installed-dev: $(UV) $(LOCK)
	@echo "Installing dizuo and what its tests need into $(VENV) ..."
	@$(UV) $(SYNC) --group dev 2>/dev/null || $(MACHINE_CERTIFICATES) $(UV) $(SYNC) --group dev
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-mutation: $(VENV)/.installed-dev
	@$(MACHINE_CERTIFICATES) $(UV) $(SYNC) --group dev --group mutation
	@touch $@

$(VENV)-peers/.installed: $(VENV)/.installed-dev
	@echo "Installing the peers into $(VENV)-peers ..."
	@UV_PROJECT_ENVIRONMENT=$(abspath $(VENV)-peers) $(MACHINE_CERTIFICATES) $(UV) sync --quiet --frozen \
	  --python $(BIN)/python --no-install-project --group peers
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "dizuo needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo absent)." >&2; \
	  echo "Name another one: make demo PYTHON=python3.12" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --without-pip $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed: this Python has no venv module." >&2; \
	  echo "On Debian or Ubuntu it is the package python3-venv; or name another Python: make demo PYTHON=..." >&2; exit 1; }
	@if [ -x $(BIN)/pip ]; then $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'; \
	elif command -v uv >/dev/null; then ln -sf "$$(command -v uv)" $@; \
	else $(PYTHON) -m pip --python $(BIN)/python install --quiet 'uv>=0.8'; fi || { \
	  echo "uv could not be installed into $(VENV). Is the package index reachable? If pip is absent, install python3-venv or uv." >&2; \
	  rm -rf $(VENV); exit 1; }
