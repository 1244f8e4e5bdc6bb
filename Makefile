# Gatehouse. `make` alone tells what there is.
PYTHON ?= python3
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
PIP := $(PY) -m pip --disable-pip-version-check --quiet --quiet

# One lock for every Python that we run on; files that are locked already stay as they are.
LOCK := $(VENV)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
  --generate-hashes --no-strip-extras --custom-compile-command 'make lock'

# An environment whose Python is gone (a moved checkout, an upgraded system) is made anew.
ifneq ($(shell $(PY) -c 'print("ok")' 2>/dev/null),ok)
$(shell rm -f $(RUNTIME) $(DEV))
endif

.DEFAULT_GOAL := help
.PHONY: help run test check coverage chaos faults fuzz mutants test-tools lint lock audit translations bench bench-report screenshots journey clean

help:
	@echo 'make run         start everything on this machine; Ctrl-C stops it'
	@echo 'make test        all tests; ARGS="tests/web -k invite" for some'
	@echo 'make check       lint and the tests without browser, processes and PostgreSQL'
	@echo 'make coverage    which lines no test runs; without browser and PostgreSQL'
	@echo 'make chaos       workers killed at random through 1,000 invitations and a list of 10,000'
	@echo 'make faults      each part stopped, frozen or full under load, with figures'
	@echo 'make fuzz        thousands of calls, steps and texts that nobody thought of'
	@echo 'make mutants     one change to a rule at a time, to see whether a test says so'
	@echo 'make lint        ruff, mypy and the order of imports'
	@echo 'make lock        requirements*.txt made anew from requirements*.in; ARGS=--upgrade raises all'
	@echo 'make audit       known holes in the pinned packages, and sbom.json (CycloneDX)'
	@echo 'make translations  webapp/translations/ brought up to date with the words in the code'
	@echo 'make bench       benchmarks'
	@echo 'make bench-report  the same, written to docs/performance.md'
	@echo 'make screenshots pictures of all pages in screenshots/; ARGS=settings for some'
	@echo 'make journey     the moving picture in the README'
	@echo 'make test-tools  what the tests need: browsers, Java, the HTML checker, proxies, PgBouncer, …'
	@echo 'make clean       remove what can be made again (instance/ stays)'
	@echo 'PYTHON=python3.12 chooses the Python (3.11 or newer) that .venv is made from'

run: $(RUNTIME)
	@$(PY) tools/run.py

test: test-tools
	@$(PY) -m pytest -n 4 --dist worksteal $(ARGS)

check: lint test-tools
	@$(PY) -m pytest -n 3 --dist worksteal --ignore tests/browser --ignore tests/run --ignore tests/jobs \
	  --ignore tests/model -k "not postgresql" $(ARGS)

coverage: test-tools
	@$(PY) -m pytest -n 3 --dist worksteal --cov --ignore tests/browser --ignore tests/run \
	  -k "not postgresql" $(ARGS)

chaos: test-tools
	@CHAOS_PEOPLE=1000 CHAOS_LINES=10000 \
	  $(PY) -m pytest -s tests/jobs/test_chaos.py tests/jobs/test_import_chaos.py

faults: test-tools
	@FAULTS_LONG=1 $(PY) -m pytest -s -q tests/jobs/test_faults.py tests/jobs/test_full_disks.py

fuzz: test-tools
	@FUZZ_CASES=200 $(PY) -m pytest -s tests/api/test_document.py
	@MODEL_WALKS=100 MODEL_STEPS=60 $(PY) -m pytest tests/model
	@HYPOTHESIS_PROFILE=new $(PY) -m pytest -n 2 -m hypothesis tests

mutants: test-tools
	@$(PY) tools/mutants.py $(ARGS)

test-tools: $(DEV)
	@$(PY) tools/provide.py

lint: $(DEV)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy webapp jobs
	@$(VENV)/bin/lint-imports --no-logo --no-cache

lock: $(DEV)
	@$(LOCK) --output-file requirements.txt $(ARGS) requirements.in
	@$(LOCK) --output-file requirements-tracing.txt $(ARGS) requirements-tracing.in
	@$(LOCK) --output-file requirements-dev.txt $(ARGS) requirements-dev.in
	@$(LOCK) --output-file tests/openid/jupyterhub.txt $(ARGS) tests/openid/jupyterhub.in

audit: $(DEV)
	@$(PY) tools/audit.py

translations: $(DEV)
	@$(PY) tools/translations.py

bench: $(DEV)
	@$(PY) -m benchmarks $(ARGS)

bench-report: $(DEV)
	@$(PY) -m benchmarks --report $(ARGS)

screenshots: test-tools
	@$(PY) tools/screenshots.py $(ARGS)

journey: test-tools
	@$(PY) tools/journey.py

clean:
	rm -rf $(VENV) .cache screenshots sbom.json .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.txt
	@$(PYTHON) tools/check_python.py
	@test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || { \
	  echo 'Making .venv'; $(PYTHON) -m venv --clear $(VENV); }
	@echo 'Installing requirements.txt'
	@$(PIP) install --requirement requirements.txt
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.txt
	@echo 'Installing requirements-dev.txt'
	@$(PIP) install --requirement requirements-dev.txt
	@touch $@
