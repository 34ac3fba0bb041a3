# The verbs of this project; `make help` lists them. Everything runs inside .venv, which is made here
# from the hash-locked requirements: no environment has to be activated.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help reports test lint lab docs golden check-pages check-faults check-disclosure fuzz check-r check-wheel bench messages lock clean machine

help: ## list the verbs
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

reports: .venv/ready ## clean the example registers, run the notebooks, publish
	@$(BIN)/mlastats report

test: .venv/ready-for-tests lint ## every test, lint and type check that needs no system package
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not pages and not faults and not disclosure and not wheel"
	@$(BIN)/python tests/figures.py

lint: .venv/ready-for-tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m mlastats.run.doctor notebooks/*.ipynb
	@$(BIN)/mypy

lab: .venv/ready ## open JupyterLab on the notebooks
	@$(BIN)/mlastats lab

docs: .venv/ready-for-tests ## build the documentation site, docs/_build/html; every warning is an error
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

BASE ?= HEAD~1
golden: .venv/ready-for-tests ## exhibits of every notebook and audience against those of another commit (BASE=...)
	@$(BIN)/python tests/golden.py $(BASE)

check-pages: .venv/ready-for-tests node_modules/ready ## pages in Chromium, workbooks in LibreOffice, JupyterLab
	@MLASTATS_SKIP_IS_FAILURE=1 $(BIN)/python -m pytest -m pages

check-faults: .venv/ready-for-tests ## kill, fill and break what a run uses
	@MLASTATS_SKIP_IS_FAILURE=1 $(BIN)/python -m pytest -m faults

MINUTES ?= 10
fuzz: .venv/ready-for-tests ## read damaged and crafted registers for ten minutes (MINUTES=...)
	@$(BIN)/python tests/fuzz.py $(MINUTES)

check-disclosure: .venv/ready-for-tests ## attack public reports of many scopes under twenty secrets
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m disclosure

check-r: .venv/ready-for-tests ## recompute the committed answers of R
	@MLASTATS_SKIP_IS_FAILURE=1 $(BIN)/python -m pytest -m r

check-wheel: .venv/ready-for-tests ## a wheel built from the sdist, installed without the clone, makes a report
	@MLASTATS_SKIP_IS_FAILURE=1 $(BIN)/python -m pytest -m wheel -s

bench: .venv/ready-for-tests ## ratios against named peers
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

messages: .venv/ready ## bring the catalogues of translations and their review files up to date
	@$(BIN)/python -m mlastats.catalogue

lock: ## write the hash-locked requirements anew (needs uv)
	$(LOCK) --extra build --extra lab -o requirements.lock
	$(LOCK) --extra build --extra lab --extra cluster --extra docs --extra test -c requirements.lock -o requirements-test.lock

clean: ## remove the environment, the cleaned example and the reports
	rm -rf .venv node_modules data/processed/* reports docs/_build docs/figures docs/generated

machine:
	@command -v $(PYTHON) >/dev/null || { echo "Missing: Python 3.11 or newer (Debian: apt install python3 python3-venv)." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Missing: Python 3.11 or newer; $(PYTHON) is older. Name another with make PYTHON=python3.11." >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Missing: Python's venv (Debian: apt install python3-venv)." >&2; exit 2; }

.venv/ready: requirements.lock pyproject.toml | machine
	@echo "Making the environment in .venv (a few minutes, once) ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-for-tests: .venv/ready requirements-test.lock
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

node_modules/ready: package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "Missing: npm (Debian: apt install npm)." >&2; exit 2; }
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
