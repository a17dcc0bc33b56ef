# `make help` lists the targets. Needs Python 3.11 or newer (on Debian and Ubuntu python3-venv too) and nothing else; everything lands in .venv.

VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
BENCH  := .venv-bench
PEERS  := $(BENCH)/.installed
SITE   := site
ADDRESS := 127.0.0.1:8000
SECONDS := 60
TSC := npx --yes --fetch-retries=0 --fetch-timeout=20000 --package typescript@5.9.3 tsc

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help setup site serve test test-pythons test-wheel test-peers prove fuzz mutants check bench clean

help:    ## this list
	@sed -n 's/^\([a-z-]*\): .*## /\1	/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

setup: $(STAMP) ## make .venv with everything in it (the other targets do this by themselves)

site: $(STAMP) ## build the site and say where to look
	@$(PY) -m mkdocs build --strict --site-dir $(SITE)
	@echo "The site is built: open file://$(CURDIR)/$(SITE)/index.html"

serve: $(STAMP) ## serve the site; pages follow their sources as you edit
	$(PY) -m mkdocs serve --dev-addr $(ADDRESS)

test: $(STAMP) ## run all tests; make test ARGS="-k sorting" runs some
	$(PY) -m pytest --numprocesses=auto --maxprocesses=8 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: $(STAMP) ## lint, format, types, and every graph of the catalogue
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	@if $(TSC) --version >/dev/null 2>&1; then echo "$(TSC) -p a1viz/live/jsconfig.json"; $(TSC) -p a1viz/live/jsconfig.json; \
	else echo "!!!!!!!! NO npx, OR IT CANNOT FETCH TypeScript: THE TYPES OF THE PAGE'S SCRIPTS ARE NOT CHECKED !!!!!!!!"; fi
	$(PY) -m a1viz check --all

test-pythons: ## run the tests with every other Python from 3.11 on that is found; those that are not are named
	@for version in 3.11 3.12 3.13 3.14; do \
	  python=python$$version; \
	  if ! $$python -c '' >/dev/null 2>&1; then echo "!!!!!!!! PYTHON $$version IS NOT HERE: NOTHING IS TESTED WITH IT !!!!!!!!"; \
	  elif [ -x $(PY) ] && $(PY) -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')"; then echo "Python $$version: make test has run it"; \
	  else $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON=$$python || exit 1; fi; \
	done

test-wheel: $(STAMP) ## install the wheel away from here with every Python found, bare and with each extra, and try it; make test-wheel ARGS=none only bare
	@rm -rf build/wheel && $(PY) -m hatchling build -t wheel -d build/wheel
	@for version in 3.11 3.12 3.13 3.14; do \
	  python=python$$version; \
	  if ! $$python -c '' >/dev/null 2>&1; then echo "!!!!!!!! PYTHON $$version IS NOT HERE: THE WHEEL IS NOT TRIED WITH IT !!!!!!!!"; \
	  else $$python tests/wheel.py build/wheel/*.whl $(ARGS) || exit 1; fi; \
	done

test-peers: $(PEERS) ## compare with PyTorch, in the benchmarks' environment
	$(BENCH)/bin/python -m pip install -q -c constraints.txt pytest pytest-xdist hypothesis
	$(BENCH)/bin/python -m pytest tests/graph tests/nn tests/gradients tests/exchange -m peers $(ARGS)

prove: $(STAMP) ## run what takes long: every property with many times as many random examples, all that is alike, every rule made wrong, ten minutes of fuzz
	PROVE_TIMES=20 $(PY) -m pytest --numprocesses=auto -m 'hypothesis or many or prove' $(ARGS)
	$(PY) tests/fuzz.py --seconds 600

fuzz: $(STAMP) ## try random input of every kind for a minute; make fuzz SECONDS=3600 for an hour
	$(PY) tests/fuzz.py --seconds $(SECONDS)

mutants: $(STAMP) ## change one thing at a time in what derives and proves; list what no test notices (hours); make mutants ARGS=norms takes one module
	nice $(PY) tests/mutants.py $(ARGS)

bench: $(PEERS) ## run the benchmarks against their peers and write docs/performance.md; make bench ARGS=norms runs one
	@for file in benchmarks/bench_$(or $(ARGS),*).py; do echo "== $$file"; $(BENCH)/bin/python "$$file" || exit 1; done
	@$(BENCH)/bin/python benchmarks/report.py

clean:   ## remove everything make has made
	rm -rf $(VENV) .venv-* $(SITE) dist build docs/gallery.md docs/gallery docs/reference/operators.md docs/models
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .cache
	find a1viz tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the environment: made once, brought up to date when what it is made from changes -------------------------------

# The first Python that runs and is new enough (a name on the PATH may be a stub that only says how to install it).
FIND_PYTHON = for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "a1viz needs Python 3.11 or newer and found none; name one with: make PYTHON=/path/to/python3 ..." >&2; exit 1; \
	fi

# Debian and Ubuntu may ship Python without ensurepip; then pip, virtualenv or uv can stand in.
MAKE_VENV = rm -rf $(VENV); \
	"$$python" -m venv $(VENV) >/dev/null 2>&1 \
	|| { rm -rf $(VENV); "$$python" -m venv --without-pip $(VENV) && "$$python" -m pip -q --python $(PY) install pip; } >/dev/null 2>&1 \
	|| { rm -rf $(VENV); "$$python" -m virtualenv -q $(VENV); } >/dev/null 2>&1 \
	|| { rm -rf $(VENV); uv venv -q --seed --python "$$python" $(VENV); } >/dev/null 2>&1 \
	|| { rm -rf $(VENV); \
	  echo "$$python cannot make a virtual environment: it comes without ensurepip." >&2; \
	  echo "On Debian or Ubuntu: apt-get install python3-venv; elsewhere install virtualenv or uv, or name another: make PYTHON=..." >&2; \
	  exit 1; }

# pip prints one line per package: a dot each keeps a newcomer company, and the whole text is kept for when something fails.
# Python compiles what it imports; all there is, most of it never imported, would take half a minute more.
$(STAMP): pyproject.toml constraints.txt
	@$(PY) -c 'import pip' >/dev/null 2>&1 || { $(FIND_PYTHON); echo "Making $(VENV) with $$python"; $(MAKE_VENV); }
	@printf 'Installing a1viz and its tools into $(VENV), about a minute the first time '
	@{ $(PY) -m pip install --progress-bar off --no-compile -c constraints.txt -e '.[dev]' 2>&1; echo "exit status $$?"; } \
	  | tee $(VENV)/install.log \
	  | while IFS= read -r line; do \
	      case "$$line" in \
	        Collecting*|Obtaining*|Installing*|Building*) printf . ;; \
	        'exit status 0') exit 0 ;; \
	        'exit status '*) exit 1 ;; \
	      esac; \
	    done \
	  || { echo; tail -n 20 $(VENV)/install.log >&2; echo "Installing failed; all of pip's words are in $(VENV)/install.log" >&2; exit 1; }
	@echo ' done'
	@touch $@

# The benchmarks' own environment: a1viz, and what it is compared with. A peer that cannot be installed is left out, loudly.
$(PEERS): VENV := $(BENCH)
$(PEERS): PY := $(BENCH)/bin/python
$(PEERS): pyproject.toml constraints.txt benchmarks/requirements.txt
	@$(PY) -c 'import pip' >/dev/null 2>&1 || { $(FIND_PYTHON); echo "Making $(VENV) with $$python"; $(MAKE_VENV); }
	@echo 'Installing a1viz and its peers into $(VENV), a few minutes the first time'
	@$(PY) -m pip install -qq -c constraints.txt -e .
	@sed -e '/^#/d' -e '/^$$/d' benchmarks/requirements.txt | while IFS= read -r peer; do \
	  $(PY) -m pip install -qq --no-deps "$$peer" || echo "!!!!!!!! COULD NOT INSTALL $$peer: what needs it is left out !!!!!!!!" >&2; \
	done
	@touch $@
