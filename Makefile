# Every target sets up what it needs; nothing but python3 (3.11 or newer, with venv and pip) has to be there.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 4200
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) * 3 / 2)))# more than cores: some tests wait
# In memory where there is room: tests sync thousands of small files.
SCRATCH ?= $(shell grep -q ' /dev/shm .*noexec' /proc/mounts 2>/dev/null || df -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }')
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
# With it set, every run would compile Prefect's server anew: twice the start-up time.
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK := 1

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade
# What the lock installs of pyproject.toml's extras.
EXTRAS = $(addprefix --extra ,flows scale excel sql sklearnex signing terminal objects)
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps

.PHONY: help setup setup-dev train predict demo server worker deploy env up down sbom test test-lowest test-stack test-compose faults bench-peers check format lock notebook docs clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.runtime  ## make .venv from the lock

train: .venv/.runtime  ## race the classifiers and export the best: make train ARGS="--dataset.n-samples 2000"
	@$(BIN)/python -m flows.training $(ARGS)

predict: .venv/.runtime  ## score a table with the champion: make predict ARGS="--input rows.csv"
	@$(BIN)/python -m flows.prediction $(ARGS)

demo: .venv/.runtime  ## the loop in minutes: rows drift, it is seen, a new version is promoted; ends with a picture
	@$(BIN)/python -m deployments.demo $(ARGS)

server: .venv/.runtime  ## Prefect's server with its pages on this machine: http://127.0.0.1:4200
	@$(BIN)/python -m deployments.server --port $(PORT) $(ARGS)

worker: .venv/.runtime  ## take up runs from the server at PREFECT_API_URL
	@$(BIN)/python -m deployments.worker $(ARGS)

deploy: .venv/.runtime  ## register pool, deployments and automations with the server at PREFECT_API_URL; BAKEOFF_POOL=docker: for containers
	@$(BIN)/python -m deployments.register

env:  ## write .env for docker-compose, with random secrets
	@$(PYTHON) -m deployments.env_file

up:  ## server, database and worker under docker-compose: http://127.0.0.1:4200
	@$(COMPOSE) up -d --build worker

down:  ## stop them; models, predictions and history stay
	@$(COMPOSE) down

sbom: .venv/.dev  ## build the image, and write what is in it to bakeoff.cdx.json; needs Docker
	@docker build --quiet --tag bakeoff . >/dev/null
	@$(BIN)/python -m deployments.sbom bakeoff > bakeoff.cdx.json
	@echo bakeoff.cdx.json

test: .venv/.dev  ## run the default tests: no PostgreSQL, Docker or browser
	@$(if $(SCRATCH),TMPDIR=$(SCRATCH)) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(if $(SCRATCH),-o tmp_path_retention_policy=failed) $(ARGS)

test-lowest: .venv-lowest/.done  ## run the library's tests on the lowest versions that pyproject.toml allows; needs Python 3.11
	@.venv-lowest/bin/python -m pytest $(or $(TESTS),tests/bakeoff) -n auto $(ARGS)

test-stack: .venv/.dev .venv/.docs .venv-mlflow/.done  ## run the tests that need PostgreSQL, workers and a browser; installs those where it may
	@tests/stack/install postgresql chromium caddy gcc
	@$(BIN)/python -m pytest tests/stack -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-compose: .venv/.dev  ## run the tests that need Docker and a browser; installs the browser where it may
	@tests/stack/install chromium
	@$(BIN)/python -m pytest tests/compose $(ARGS)

faults: .venv/.dev  ## break the docker-compose stack at random moments, and count what is lost; needs Docker, for hours
	@tests/stack/install gcc
	@PYTHONPATH=.:tests/support:tests/faults $(BIN)/python tests/faults/campaign.py $(ARGS)

bench-peers: .venv/.dev  ## LazyPredict, PyCaret and Evidently in environments of their own, for benchmarks; needs Python 3.11
	@for peer in lazypredict pycaret evidently; do \
	  test -e .venv-peers/$$peer/.done && continue; \
	  $(BIN)/uv venv --quiet --clear --python 3.11 .venv-peers/$$peer \
	  && $(BIN)/uv pip install --quiet --python .venv-peers/$$peer/bin/python --require-hashes --compile-bytecode -r benchmarks/peers/$$peer.txt \
	  && touch .venv-peers/$$peer/.done || exit 1; \
	done

check: .venv/.dev  ## lint, format, types, architecture, dependencies
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo
	@$(BIN)/deptry src flows tasks deployments
	@$(BIN)/python -m pytest -q tests/bakeoff/test_architecture.py

format: .venv/.dev  ## format the code and mend what lint can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: .venv/.runtime  ## write the lock again, with the newest versions that pyproject.toml allows
	$(COMPILE) --no-annotate requirements-setup.in -o requirements-setup.txt
	$(COMPILE) $(EXTRAS) pyproject.toml -o requirements.txt
	$(COMPILE) $(EXTRAS) --extra test --extra dev --constraint requirements.txt pyproject.toml -o requirements-dev.txt
	$(COMPILE) $(EXTRAS) --extra test --extra dev --extra notebook --constraint requirements-dev.txt pyproject.toml -o requirements-notebook.txt
	$(COMPILE) $(EXTRAS) --extra test --extra dev --extra docs --constraint requirements-notebook.txt pyproject.toml -o requirements-docs.txt
	@! grep -nE 'https?://' requirements*.txt || { echo "the lock names a host" >&2; exit 1; }

notebook: .venv/.notebook  ## open JupyterLab on the notebooks: the data generator, and a race on your own table
	$(BIN)/jupyter lab notebooks

# Not --quiet: MkDocs would then neither show nor count the warnings. The variable spares a notice about its makers' next product.
docs: .venv/.docs  ## write docs/reference.md from the config's models, and build the pages into site/
	@$(BIN)/python -m bakeoff.config.reference docs/reference.md
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean
	@! find site -name '*.pyc' | grep . || { echo "the site has compiled Python" >&2; exit 1; }
	@! grep -rnE '<(script|link|img|iframe)[^>]*(src|href)="(https?:)?//' site --include='*.html' || { echo "the site fetches something" >&2; exit 1; }
	@echo "site/index.html"

clean:  ## remove .venv, site and caches; models and predictions stay
	rm -rf .venv .venv-lowest .venv-mlflow .venv-peers site .mypy_cache .pytest_cache .ruff_cache .hypothesis

setup-dev: .venv/.dev  ## .venv with the tests' tools too

.venv/.runtime: requirements-setup.txt requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Bakeoff needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version): try make PYTHON=python3.13 …" >&2; exit 2; }
	@echo "Setting up .venv from requirements.txt (once; half a minute to two)"
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements.txt
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	@echo "Adding the tests' tools from requirements-dev.txt"
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements-dev.txt
	@touch $@

# Without scikit-learn-intelex: its tests are left out there.
.venv-lowest/.done: .venv/.runtime pyproject.toml
	@echo "Setting up .venv-lowest with the lowest versions that pyproject.toml allows"
	@$(BIN)/uv venv --quiet --clear --python 3.11 .venv-lowest
	@$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --compile-bytecode -e '.[excel,signing,sql,terminal,objects,test]'
	@touch $@

# Apart, since MLflow and Dask don't agree on importlib-metadata; without Bakeoff, as where its models are scored.
.venv-mlflow/.done: .venv/.runtime tests/stack/requirements-mlflow.txt pyproject.toml
	@echo "Setting up .venv-mlflow from tests/stack/requirements-mlflow.txt"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-mlflow
	@$(BIN)/uv pip install --quiet --python .venv-mlflow/bin/python --no-deps --require-hashes --compile-bytecode -r tests/stack/requirements-mlflow.txt
	@touch $@

.venv/.notebook: .venv/.dev requirements-notebook.txt
	@echo "Adding JupyterLab from requirements-notebook.txt"
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements-notebook.txt
	@touch $@

.venv/.docs: .venv/.dev requirements-docs.txt
	@echo "Adding MkDocs from requirements-docs.txt"
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements-docs.txt
	@touch $@
