# `make`: set up and run the main job. `make test`: set up and pass the tests. `make clean`: remove results only.
# `make dataset FILE=answers.sav NAME=my_study`: from a file to data/datasets/my_study/dataset.yaml.
# `make check NAME=my_study`: its checks alone. `make forms`: the known questionnaires.
# `make manuscript`: tables, text and figures for the paper. `make archive NAME=my_study`: results/my_study.zip, without answers.
# `make planning`: how large a new study has to be.
# `make docs`: the documentation as pages, docs/_build/index.html. `make format`, `make lint`: before every commit.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
WORKERS ?= 2
SNAKEFILES := Snakefile $(wildcard workflow/rules) workflow/Snakefile

# Every job is a Python of its own, which without byte code compiles all its modules anew: one to four seconds each.
unexport PYTHONDONTWRITEBYTECODE

# Snakemake needs a cache, which on some servers cannot lie in the home folder.
ifneq ($(shell mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}" 2>/dev/null && test -w "$${XDG_CACHE_HOME:-$$HOME/.cache}" && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

# Each worker of the tests computes on one thread, so that together they do not ask for more cores than there are.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: all unlock dataset check forms manuscript planning archive test test-all coverage mutants lint format docs clean codes lock

all: $(VENV)/ready
	@$(BIN)/snakemake --cores all
	@echo "Report: results/index.html"

# After a run that was killed. It ends with a sentence where another run is working.
unlock: $(VENV)/ready
	@$(BIN)/snakemake --unlock

# Further files and answers go into ARGS, as in ARGS="--file clients.csv --client id --yes"; ARGS=--help lists them.
dataset: $(VENV)/ready
	@$(BIN)/python scripts/ingest/describe_file.py $(if $(FILE),--file "$(FILE)") $(if $(NAME),--name "$(NAME)") $(ARGS)

check: $(VENV)/ready
	@$(BIN)/python scripts/ingest/check_dataset.py $(NAME)

manuscript: $(VENV)/ready
	@$(BIN)/snakemake --cores all manuscript
	@echo "Manuscript: results/*/manuscript/"

planning: $(VENV)/ready
	@$(BIN)/snakemake --cores all planning
	@echo "Planning: results/planning/"

# Further options go into ARGS, as in ARGS="--licence https://creativecommons.org/licenses/by/4.0/ --date 2026-12-01".
archive: $(VENV)/ready
	@$(BIN)/snakemake --cores all $(NAME) results/$(NAME)/manuscript results/content/manuscript
	@$(BIN)/python scripts/manuscript/archive.py $(NAME) $(ARGS)

forms: $(VENV)/ready
	@$(BIN)/python scripts/ingest/list_forms.py

test: $(VENV)/development
	$(PYTEST) -m "not slow"

test-all: $(VENV)/development
	$(PYTEST)

coverage: $(VENV)/development
	$(PYTEST) -m "not slow" --cov --cov-report=term --cov-report=html

# Sixty deliberate mistakes, most of which the tests must see: before a release.
mutants: $(VENV)/development
	$(BIN)/python benchmarks/mutants.py

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check $(SNAKEFILES)
	$(BIN)/mypy
	$(BIN)/snakemake --lint

format: $(VENV)/development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt $(SNAKEFILES)

docs: $(VENV)/development
	@rm -rf docs/_build docs/reference
	$(BIN)/python -m sphinx -W -j auto --keep-going -q -b html docs docs/_build
	@echo "Documentation: docs/_build/index.html"

clean:
	rm -rf results logs

# Which pseudonym of the results stands for which code of a data set: make codes NAME=my_study
codes: $(VENV)/ready
	@PYTHONPATH=scripts $(BIN)/python -m ingest.list_codes $(NAME)

# The environment is made anew when a lock changes, beside the one that works, which is taken away when the new one is
# complete: .venv is a link to one of two folders; one that lies elsewhere, as of another copy of the project, stays. The
# stamps `ready` (what the main job needs) and `development` (what tests, checks and documentation need on top) are written
# last, so a broken set-up is repeated. Packages without a wheel are built by the setuptools of build.lock. Modules are
# compiled when they are first imported (--no-compile), since most of them never are.
INSTALL := -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --no-build-isolation \
	--only-binary :all: --no-binary factor_analyzer,connection-pool,odfpy
$(VENV)/ready: envs/requirements.lock envs/build.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with make PYTHON=python3.12"; exit 1; }
	@if [ -e $(VENV) ] && [ ! -e $(VENV)/ready ] && [ ! -e $(VENV)/begun ]; then echo "$(VENV) is there already and was not made by make: remove it, or name another folder with VENV=..."; exit 1; fi
	@echo "Setting up $(VENV) (once, one or two minutes) ..."
	@set -e; new="$(VENV).a"; [ "$$(readlink "$(VENV)")" != "$$(basename "$$new")" ] || new="$(VENV).b"; \
	rm -rf "$$new"; \
	$(PYTHON) -m venv "$$new" || { rm -rf "$$new"; echo "Python's venv module is incomplete: apt install python3-venv"; exit 1; }; \
	touch "$$new/begun"; \
	"$$new/bin/python" $(INSTALL) --requirement envs/build.lock; \
	"$$new/bin/python" $(INSTALL) --requirement envs/requirements.lock; \
	touch "$$new/ready"; \
	[ -L "$(VENV)" ] || [ ! -e "$(VENV)" ] || { mv "$(VENV)" "$(VENV).old"; ln -s "$$(basename "$(VENV)").old" "$(VENV)"; }; \
	old="$$(readlink -f "$(VENV)" || true)"; \
	ln -sfn "$$(basename "$$new")" "$(VENV)"; \
	[ "$$old" -ef "$$new" ] || [ ! -e "$$old/begun" ] || [ ! "$$(dirname "$$old")" -ef "$$(dirname "$(VENV)")" ] || rm -rf "$$old"

$(VENV)/development: envs/development.lock $(VENV)/ready
	@if [ -e $@ ]; then $(MAKE) --no-print-directory --what-if=envs/requirements.lock $(VENV)/ready; fi
	@echo "Adding what tests, checks and documentation need to $(VENV) (once) ..."
	@$(BIN)/python $(INSTALL) --requirement envs/development.lock
	@touch $@

# Needs uv; writes versions and hashes only, no address of a package index.
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
lock:
	$(COMPILE) envs/build.in --output-file envs/build.lock
	$(COMPILE) envs/requirements.in --output-file envs/requirements.lock
	awk -f envs/environment.awk envs/requirements.lock > envs/environment.yaml
	$(COMPILE) envs/development.in --constraint envs/requirements.lock --output-file envs/development.lock
