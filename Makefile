# Everything a reader or a contributor types; `make` alone lists it.
# Needs Python 3.11+ and make, 3.81 (macOS) or newer. All else goes into .venv.

PYTHON ?= python3
PORT ?= 8000
WHICH ?= oldest
WORKERS ?= 2
CASES ?= 10000

VENV := .venv
BIN := $(VENV)/bin
ENV := $(VENV)/.installed
BOOK := _build/.book
CODE := _build/.code
CACHE := _build/.jupyter_cache

# On Linux the default build of PyTorch brings 3 GB of CUDA that the book has no use for.
# With a GPU, `make TORCH_INDEX= book` takes the default one.
ifeq ($(shell uname -s),Linux)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
endif
TORCH := $(shell sed -n 's/^torch==/torch==/p' constraints.txt)
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Many threads on small matrices only wait for each other, and two notebooks may run at once.
ONE_THREAD := env OMP_NUM_THREADS=1 PYDEVD_DISABLE_FILE_VALIDATION=1

NOTEBOOKS := $(wildcard notebooks/*.ipynb)
# (numba keeps what it compiles in __pycache__, beside Python's)
CODE_FILES := $(shell find glorot_tutor -type f ! -path '*/__pycache__/*')
BOOK_FILES := $(shell find book -type f ! -path '*/__pycache__/*') $(NOTEBOOKS) _config.yml _toc.yml

# a command such as `glorot-tutor` must be found from inside a notebook
export PATH := $(CURDIR)/$(BIN):$(PATH)
# a kernel named python3 in the reader's home must not stand in for this environment's
export JUPYTER_PREFER_ENV_PATH := 1

.DEFAULT_GOAL := help
.PHONY: help book test check check-site serve lab lint fuzz records notebooks address versions lock clean distclean
.NOTPARALLEL:

help: ## show this list
	@echo "glorot-tutor: make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1	\2/p' Makefile | expand -t 14

book: $(BOOK) ## run the notebooks, build the book and say where it is
	@echo
	@echo "The book is in $(CURDIR)/_build/html"
	@echo "Open $(CURDIR)/_build/html/index.html in a browser, or type: make serve"

test: lint $(BOOK) ## all that CI runs: style, types, units, notebooks, the built pages
	@$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
	    --nbval --nbval-current-env --nbval-cell-timeout=600 \
	    --cov=glorot_tutor --cov-report=term-missing:skip-covered --cov-fail-under=90

check: lint ## style, types and the fast tests, in under two minutes (no notebooks, no pages)
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "not slow" tests extras

check-site: $(BOOK) ## weigh the built pages, look for barriers, score them (with npm: axe, vnu, Lighthouse)
	@$(BIN)/python tests/check_site.py

serve: $(BOOK) ## show the book at http://localhost:8000 (PORT=... for another)
	@echo "The book is at http://localhost:$(PORT) until you press Ctrl-C."
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: $(ENV) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab

lint: $(ENV) ## check style (ruff) and types (mypy)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fuzz: $(ENV) ## damage what a user may bring, at random (CASES=... for more or fewer)
	@$(ONE_THREAD) $(BIN)/python tests/fuzz.py --cases $(CASES) --jobs 3

records: $(ENV) ## list what is recorded, and the command that makes or continues each record
	@$(BIN)/glorot-tutor records --store glorot_tutor/records

notebooks: $(ENV) ## for authors: run every notebook and keep its outputs
	@$(ONE_THREAD) $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
	    --ExecutePreprocessor.record_timing=False \
	    --ExecutePreprocessor.store_widget_state=False --ExecutePreprocessor.timeout=600 $(NOTEBOOKS)
	@$(BIN)/python tests/landing.py

address: $(ENV) ## for authors: write the repository's address wherever it is shown (URL=https://github.com/OWNER/NAME)
	@$(BIN)/python book/_extensions/address.py "$(URL)"

versions: ## for authors: the fast tests with the oldest numpy, pandas and torch allowed, or the newest (WHICH=newest)
	rm -rf _build/versions && $(PYTHON) -m venv _build/versions
	sed -n 's/^  "\(numpy\|pandas\|torch\)>=\([0-9.]*\).*/\1==\2.*/p' pyproject.toml > _build/oldest.txt
	_build/versions/bin/python -m pip install -qq $(TORCH_FLAGS) \
	    $(if $(filter oldest,$(WHICH)),-c _build/oldest.txt) -e ".[lab,book,test]"
	$(ONE_THREAD) _build/versions/bin/python -m pytest -q -n $(WORKERS) -m "not slow" tests extras

lock: ## for authors: write the newest versions allowed to constraints.txt (torch stays)
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	_build/lock/bin/python -m pip install -qq --no-deps $(TORCH_FLAGS) $(TORCH)
	_build/lock/bin/python -m pip install -qq -e ".[lab,book,test]"
	_build/lock/bin/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > _build/lock.txt
	mv _build/lock.txt constraints.txt && rm -rf _build/lock
	sed -n 's/^\([^=]*\)==.*/s|- \1==.*|- &|/p' constraints.txt > _build/lock.sed
	sed -f _build/lock.sed environment.yml > _build/lock.yml && mv _build/lock.yml environment.yml

clean: ## remove what was built
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*

distclean: clean ## remove the environment too
	rm -rf $(VENV) glorot_tutor.egg-info

# --- files ---------------------------------------------------------------------------------

TORCH_FLAGS := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX) --retries 1)

$(ENV): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not: name one, as in make PYTHON=python3.12 book." >&2; \
	    exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing $(TORCH) into $(VENV) ..."
	@$(PIP) install -qq --no-deps $(TORCH_FLAGS) $(TORCH)
	@echo "Installing what the book and its tests need (1.6 GB in all) ..."
	@$(PIP) install -qq -c constraints.txt -e ".[lab,book,test]"
	@touch $@

# The cache of executed notebooks knows their cells, not the code they import: new code, new cache.
$(CODE): $(ENV) $(CODE_FILES)
	@rm -rf $(CACHE)
	@mkdir -p _build && touch $@

# The notebooks run side by side first; the build takes them from the cache, and runs again, to
# show what is wrong, those that failed. Every page is written anew: an incremental build forgets
# the warnings of pages it skips. The stamp bears the time of the start, so that what is edited
# meanwhile is built next time.
$(BOOK): $(ENV) $(CODE) $(BOOK_FILES)
	@rm -rf _build/html _build/.doctrees && touch $@.start
	@mkdir -p $(CACHE)
	@$(BIN)/jcache notebook -p $(CACHE) clear -f >/dev/null
	@$(BIN)/jcache notebook -p $(CACHE) add $(NOTEBOOKS) >/dev/null
	@$(ONE_THREAD) $(BIN)/jcache project -p $(CACHE) execute -e local-parallel -t 600
	@$(ONE_THREAD) $(BIN)/jupyter-book build . --all -W -n --keep-going
	@mv $@.start $@
