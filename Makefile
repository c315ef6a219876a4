# The targets with a "##" are listed by `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What `test` hands to pytest, for instance: make test PYTEST_ARGS="-k streaming -x"
PYTEST_ARGS ?=
# Files of tests that run at once. Most wait most of the time: for silences, limits, stops.
JOBS ?= 4
# What `bench` measures (all figures when empty), and how: make bench NAME=flat_out BENCH_ARGS="--rounds 7"
NAME ?=
BENCH_ARGS ?=
# What `lock` hands to uv, for instance: make lock LOCK_ARGS=--upgrade
LOCK_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two pips in one .venv would break it, so -j changes nothing here.
.NOTPARALLEL:
.PHONY: help run web wheel types test web-test screenshots bench chaos fuzz lint format reference lock clean reset

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.stamp-run ## Start everything on http://127.0.0.1:8000 (PORT=... for another port)
	@exec $(BIN)/python -m devkit.run

web: $(VENV)/.stamp-run ## Build the web client (needs Node, or brings one by pip); `run` does it by itself
	$(BIN)/python -m devkit.web build

# What an earlier wheel left in build/lib would go into this one.
wheel: $(VENV)/.stamp-dev ## Build the wheel, with the web client in it, into build/wheel
	$(BIN)/python -m devkit.web build --if-needed
	rm -rf build/lib build/bdist.* build/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/wheel .

types: $(VENV)/.stamp-dev ## Make the client library's types anew, from the application's OpenAPI document
	$(BIN)/python -m devkit.web types

test: $(VENV)/.stamp-dev ## Check style and types, then run the tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m devkit.web test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

web-test: $(VENV)/.stamp-dev ## Only the web client: style, types, tests
	$(BIN)/python -m devkit.web test

screenshots: $(VENV)/.stamp-dev ## Make the README's pictures anew (needs Chromium)
	WEB_TESTS=required $(BIN)/python -m pytest -q tests/web/readme_pictures.py

bench: $(VENV)/.stamp-bench ## Measure beside FastAPI and nginx; NAME=flat_out for one figure (all: 30 minutes)
	@$(BIN)/python -m benchmarks $(NAME) $(BENCH_ARGS)

chaos: $(VENV)/.stamp-dev ## The long faults: 200 kills, a reload of 100 streams, 50 clients that stop reading (15 minutes)
	CHAOS_KILLS=$${CHAOS_KILLS:-200} CHAOS_STREAMS=$${CHAOS_STREAMS:-100} CHAOS_STALLED=$${CHAOS_STALLED:-50} \
		CHAOS_OUTAGE_S=$${CHAOS_OUTAGE_S:-10} HYPOTHESIS_EXAMPLES=$${HYPOTHESIS_EXAMPLES:-30} \
		$(BIN)/python -m pytest -q -s tests/faults

fuzz: $(VENV)/.stamp-dev ## Hostile requests made from the OpenAPI document, 300 of each kind to each operation
	OPENAPI_EXAMPLES=$${OPENAPI_EXAMPLES:-300} $(BIN)/python -m pytest -q -s tests/attacks/test_openapi.py

lint: $(VENV)/.stamp-dev ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.stamp-dev ## Put the code into the common format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

reference: $(VENV)/.stamp-dev ## Write docs/REFERENCE.md anew from the code
	$(BIN)/python -m devkit.reference

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	--no-emit-find-links --no-header $(LOCK_ARGS)

lock: $(VENV)/.stamp-dev ## Pin the packages of requirements*.in in requirements*.txt
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-demo.in --output-file requirements-demo.txt
	$(COMPILE) requirements-otel.in --output-file requirements-otel.txt
	$(COMPILE) requirements-web.in --output-file requirements-web.txt
	$(COMPILE) requirements-dev.in --output-file requirements-dev.txt
	$(COMPILE) requirements-bench.in --output-file requirements-bench.txt

clean: ## Delete what tools cached; instance/ with its data stays
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build *.egg-info web/node_modules web/*/node_modules web/*/dist
	find . \( -path ./$(VENV) -o -path ./instance -o -path ./.git \) -prune \
		-o -type d -name __pycache__ -exec rm -rf {} +

reset: ## Delete instance/: the database, the secrets, the logs (asks first)
	@printf 'Delete instance/ with its database and secrets? [y/N] '; read answer || :; \
	case "$$answer" in [yY]|[yY][eE][sS]) ;; *) echo 'Kept.'; exit 0 ;; esac; \
	data=$$(readlink instance/postgres/data); \
	case "$$data" in */chatstream-dev/postgres-*/data) rm -rf "$${data%/data}" ;; esac; \
	rm -rf instance && echo 'Deleted.'

# The stamps are touched after success only: an interrupted installation is repeated. ensurepip finishes a .venv
# that was interrupted in its making.
define INSTALL
@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo '$(VENV) has a Python older than 3.11: delete it, make then makes another.' >&2; exit 1; }
@echo 'Installing packages into $(VENV) (once)'
@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
@$(BIN)/python -m pip install --quiet --no-input
endef

$(VENV)/.stamp-run: requirements.txt requirements-demo.txt $(BIN)/python
	$(INSTALL) -r requirements.txt -r requirements-demo.txt
	@touch $@

# It has everything that `run` needs, in the same versions.
$(VENV)/.stamp-dev: requirements-dev.txt requirements.txt requirements-demo.txt $(BIN)/python
	$(INSTALL) -r requirements-dev.txt
	@touch $(VENV)/.stamp-run $@

$(VENV)/.stamp-bench: requirements-bench.txt $(VENV)/.stamp-dev
	$(INSTALL) -r requirements-bench.txt
	@touch $@

# A broken link, left by a Python that went, counts as missing: .venv is then made anew, and make must not find the
# stamps of the old one.
$(shell test -x $(BIN)/python || rm -f $(VENV)/.stamp-*)

ifeq ($(origin PYTHON),file)
CANDIDATES = $(PYTHON) python3.13 python3.12 python3.11
else
CANDIDATES = $(PYTHON)
endif

$(BIN)/python:
	@for python in $(CANDIDATES); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'ChatStream needs Python 3.11 or later; none of these is: $(CANDIDATES).' >&2; \
		echo 'Install one, or name it: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "$$python can not make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	rm -rf $(VENV); \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
