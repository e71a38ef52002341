# `make`: set up and run the main job. `make test`: set up and pass the tests. `make clean`: remove results only.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: all test lint clean lock

all: $(VENV)/ready
	@$(BIN)/snakemake --cores all
	@echo "Report: results/index.html"

test: $(VENV)/ready
	$(BIN)/python -m pytest

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/snakemake --lint

clean:
	rm -rf results logs

# The environment is made anew when the lock changes; the file `ready` is written last, so a broken set-up is repeated.
$(VENV)/ready: envs/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once, one or two minutes) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is incomplete: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement envs/requirements.lock
	@touch $@

# Needs uv; writes versions and hashes only, no address of a package index.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links envs/requirements.in --output-file envs/requirements.lock
