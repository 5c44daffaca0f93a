# Every target works on a fresh clone: what is missing is installed first, into .venv.
PYTHON ?= python3
PROFILE ?= full
ENGINE ?= auto
FORMAT ?= pdf
VENV := .venv
BIN := $(VENV)/bin
QUESTIONS := q1 q2 q3 q4
# Tests of one file share what they have built, so they stay together. There is a process a core: torch's own
# threads, one a core in each process, would wait for each other most of the time.
WORKERS := --numprocesses auto --maxprocesses 8 --dist loadfile
export PROFILE ENGINE FORMAT
ifdef CLUSTER
export CLUSTER
EXTRA := $(VENV)/installed-cluster
endif

.DEFAULT_GOAL := help
.PHONY: help setup report html preview $(QUESTIONS) check notebooks claims submission data why status
.PHONY: test test-slow bench clean distclean
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z1-4 -]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make q1 … q4      Build one question alone: build/q1.pdf …"
	@echo "Variables: PROFILE=quick (a first look in a minute or two), ENGINE=auto|quarto|builtin, FORMAT=pdf|latex,"
	@echo "  CLUSTER=tcp://127.0.0.1:8786 (the workers of that Dask scheduler train), PYTHON=python3.12"

setup: $(VENV)/installed $(EXTRA) ## Install everything into .venv (the other targets do it by themselves)

report: setup ## Build the whole report: build/report.pdf
	@$(BIN)/weaver build

html: setup ## Build the report as one page for the browser: build/report.html; Q=q2 for one question
	@$(BIN)/weaver build $(Q) --to html

preview: setup ## Show the report in a browser, updated at every save; Q=q2 for one question
	@$(BIN)/weaver preview $(Q)

$(QUESTIONS): setup
	@$(BIN)/weaver build $@

check: setup ## Say at once what is wrong or doubtful, and run nothing
	@$(BIN)/weaver check

notebooks: setup ## Write the executed notebooks: build/notebooks/
	@$(BIN)/weaver notebooks

submission: setup ## Pack PDF, notebooks and code into the archive to hand in
	@$(BIN)/weaver submission

claims: setup ## List what the report says, on what each sentence rests, and whether it holds
	@$(BIN)/weaver claims

why: setup ## Say what would run or train, and why
	@$(BIN)/weaver why

status: setup ## List chapters and trained runs: fresh or stale, size, age
	@$(BIN)/weaver status

data: setup ## Say what data was found; SOURCE=public fetches Olivetti faces and Fashion-MNIST
	@$(BIN)/python -m hw2.data.report $(SOURCE)

test test-slow: export OMP_NUM_THREADS = 1
test: $(VENV)/installed-test ## Check style and types and run the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/weaver check
	$(BIN)/pytest $(WORKERS)

test-slow: $(VENV)/installed-test ## Run the tests that take minutes: builds killed, damaged, many at once
	$(BIN)/pytest $(WORKERS) -m slow

# As in the kernels of a build, threads that wait do not spin: all contestants gain alike.
bench: export GOMP_SPINCOUNT = 1000
bench: $(VENV)/installed-bench ## Measure ours beside its rivals; ONLY=build|preview|code|inputs|cache|engine|report|bulk, QUICK=1
	@$(BIN)/python -m benchmarks $(addprefix --only ,$(ONLY)) $(if $(QUICK),--quick)

clean: ## Remove everything generated but what was trained
	rm -rf build

distclean: clean ## Remove the trained models and .venv as well
	rm -rf .cache $(VENV)

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "expected Python 3.11 or newer, found $$($(PYTHON) --version 2>&1): make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up $(VENV) (once, a few minutes)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt quarto-cli \
	  > $(VENV)/quarto.log 2>&1 \
	  || echo "Quarto cannot be downloaded here: the built-in typesetter is used (details: $(VENV)/quarto.log)"
	@touch $@

$(VENV)/installed-cluster: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report,cluster]'
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report,test,cluster]'
	@touch $@ $(VENV)/installed-cluster

$(VENV)/installed-bench: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report,bench]'
	@touch $@
