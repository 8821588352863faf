# make run    install what is missing and see the zoo        make test   install and run every test
# make check  linter and type checker                        make bench  measure; writes benchmarks/results/
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: install browser bundle run quick quick-tests test check lint arena bench figures release reexport soak conformance clean

install: .venv/.installed

# torch by its exact version first: that finds the CPU build where a wheel index offers one.
.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Debian's Chromium, which the tests of the pages drive; what is there already is left as it is.
browser:
	@command -v chromium >/dev/null || { \
	  root=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

# The bundler of the microscope's modules, where npm is; only who changes them needs it.
node_modules: package.json package-lock.json
	@! command -v npm >/dev/null || npm ci --silent

# The microscope's modules as the one that Jupyter takes.
bundle: install node_modules
	$(BIN)/python tools/bundle.py

PORT ?= 8080
run: install
	$(BIN)/seqzoo app --port $(PORT)

# What needs no process, browser or training, beside the linter and the type checker: under a minute on two cores.
quick: install
	@$(MAKE) --no-print-directory --output-sync -j 2 lint quick-tests

quick-tests: install
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m quick

test: install lint browser node_modules
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Linter, type checker, and the rules of who may import whom.
check: install lint
	$(BIN)/python -m pytest -q tests/house/test_imports.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy

# The pictures and tables of the README and of docs/multi-step.md.
figures: install
	$(BIN)/python tools/figures.py

# Every comparison of docs/arena.md, some hours on two cores; takes up where it was stopped.
arena: install
	$(BIN)/python tools/arena.py --run

bench: install
	$(BIN)/python benchmarks/run.py

# The shipped bundles, retrained: a quarter of an hour, half of it gaf_cnn.sine.
# `make release BUNDLES=gru.sine` remakes one. What was written is listed in src/seqzoo/bundles/shipped.txt, which is what
# an installation trusts.
BUNDLES ?= $(notdir $(wildcard src/seqzoo/shipped/*))
release: install
	for name in $(BUNDLES); do $(BIN)/seqzoo train $$name --out src/seqzoo/shipped/$$name || exit 1; done
	$(MAKE) reexport

# The shipped bundles, written again from their own weights where the code would write them otherwise.
reexport: install
	$(BIN)/python tools/reexport.py $(BUNDLES)
	$(BIN)/python tools/shipped.py

# Every test that repeats (marked `soak`) at full count; writes docs/reliability.md.
soak: install
	$(BIN)/python tools/reliability.py

# Clients whose pins clash with ours, from environments of their own; the bundles from C++ (cmake and a compiler).
conformance: install
	$(BIN)/python conformance/clients.py
	$(BIN)/python conformance/libtorch.py

clean:
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis
