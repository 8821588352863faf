# make run    install what is missing and open the zoo       make test   install what is missing and run every test
# make check  linter, type checker, import rules             make bench  run the benchmarks; writes benchmarks/results/
PYTHON ?= python3.11
BIN := .venv/bin
# Else every process would compile the same modules, and each of the tests' processes all tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install browser compiler emulator bundle run quick quick-tests test check lint arena bench peers figures release reexport wheels dist audit workflows soak conformance without-core slides notebooks docs site lighthouse clean

install: .venv/.installed

# Install torch first, by its exact version: pip then takes the CPU build where a wheel index offers one.
# The core is compiled once for each state of its source; without its compiler, which is on PyPI, all works without it.
.venv/.installed: pyproject.toml constraints.txt $(wildcard native/*.*)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' || \
	SEQZOO_CORE=off $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Installs Debian's Chromium without its windows, which the tests of the pages drive. Where it cannot, but there is a
# whole Chromium, they drive that.
browser:
	@command -v chromium-headless-shell >/dev/null || { \
	  root=$$(test "$$(id -u)" = 0 || echo sudo); $$root apt-get update -qq && \
	  $$root apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core; } \
	|| command -v chromium >/dev/null

# Installs Debian's C compiler, with which the tests compile exported models, unless a compiler is there.
compiler:
	@command -v cc >/dev/null || { \
	  root=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends gcc libc6-dev; }

# Installs the bundler of the microscope's modules where npm is installed; needed only to change these modules.
node_modules: package.json package-lock.json
	@! command -v npm >/dev/null || npm ci --silent

# Joins the microscope's modules into the one module that Jupyter loads.
bundle: install node_modules
	$(BIN)/python tools/bundle.py

PORT ?= 8080
run: install
	$(BIN)/seqzoo app --port $(PORT)

# The linters, and the tests that need no process, browser or training: under a minute on two cores.
quick: install
	@$(MAKE) --no-print-directory --output-sync -j 2 lint quick-tests

quick-tests: install
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m quick

# One process more than cores uses them while the tests of pages and servers wait.
test: install browser compiler node_modules
	$(BIN)/python -m pytest -n 3 --dist loadfile

# Linter, type checker, the schemas of workflows and forms, and the test of which folder may import which.
check: install lint workflows
	$(BIN)/python -m pytest -q tests/house/test_imports.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy

# Draws the pictures and tables of README.md and docs/multi-step.md.
figures: install
	$(BIN)/python tools/figures.py

# Draws the figures for lectures that docs/teaching.md shows.
slides: install
	$(BIN)/python tools/slides.py

# Runs every comparison of docs/arena.md, in some hours on two cores; continues where it was stopped.
arena: install
	$(BIN)/python tools/arena.py --run

bench: install
	$(BIN)/python benchmarks/run.py

# Writes the zoo as plain files into out/site, which any host of files serves. `make site docs` adds the documentation.
site: install
	@mkdir -p out
	$(BIN)/seqzoo site out/site --docs docs/index.html

# Measures the site: what a page transfers, when it answers on a slow line, and Lighthouse's scores, for which npm fetches
# Lighthouse into its own cache; writes benchmarks/results/static_site.json.
lighthouse: install browser
	$(BIN)/python benchmarks/run.py static_site

# Lets other packages forecast the collection beside ours, in an environment of their own; writes docs/real-series.md.
peers: install
	$(BIN)/python tools/peers/compare.py environment ours theirs

# Trains the shipped bundles again: a quarter of an hour, half of it for gaf_cnn.sine. `make release BUNDLES=gru.sine` trains
# one, and then measures its roll-outs. src/seqzoo/bundles/shipped.txt lists the SHA-256 of their manifests, which an installation trusts.
BUNDLES ?= $(notdir $(wildcard src/seqzoo/shipped/*))
release: install
	for name in $(BUNDLES); do $(BIN)/seqzoo train $$name --out src/seqzoo/shipped/$$name || exit 1; done
	$(MAKE) reexport
	$(BIN)/python -m seqzoo.pages.roll_out

# Writes the shipped bundles again from their weights, where the code would now write other files.
reexport: install
	$(BIN)/python tools/reexport.py $(BUNDLES)
	$(BIN)/python tools/shipped.py

# The tools of a release in an environment of their own: their pins are not those of the tests.
.venv/release/.installed: tools/release.txt
	$(PYTHON) -m venv .venv/release
	.venv/release/bin/python -m pip install --quiet --disable-pip-version-check -r tools/release.txt
	touch $@

# The tools of the notebooks in an environment of their own, which also sees the packages of .venv.
.venv/notebooks/.installed: tools/notebooks.txt
	$(PYTHON) -m venv .venv/notebooks
	.venv/notebooks/bin/python -m pip install --quiet --disable-pip-version-check -r tools/notebooks.txt
	$(BIN)/python -c "import site; print('import site;', *(f'site.addsitedir({each!r});' for each in site.getsitepackages()))" \
	  > $$(.venv/notebooks/bin/python -c "import site; print(site.getsitepackages()[0])")/shared.pth
	touch $@

# Executes docs/notebooks from clean, tries their exercises and writes their outputs; `make notebooks CHECK=--check` writes none.
notebooks: install .venv/notebooks/.installed
	.venv/notebooks/bin/python tools/notebooks.py $(CHECK)

# Builds the wheels of all platforms and the sources into dist/, and checks them.
wheels: .venv/release/.installed
	.venv/release/bin/python tools/wheels.py

# Does so twice, compares the bytes, and tries the wheel of this machine in bare environments of several versions of Python. `make dist RECOMPILE=--recompile` compiles the core twice too.
dist: .venv/release/.installed
	.venv/release/bin/python tools/dist.py $(RECOMPILE)

# Lists all installed packages (CycloneDX) and their known vulnerabilities, in out/audit. `make audit STRICT=--strict` fails
# where no service of vulnerabilities can be reached; else the last line says so.
audit: install .venv/release/.installed
	.venv/release/bin/python tools/audit.py $(STRICT)

# Compares the files that the repository's host reads with their schemas, which the tool brings along.
SCHEMAS := .venv/release/bin/check-jsonschema --builtin-schema
workflows: .venv/release/.installed
	$(SCHEMAS) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMAS) vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(SCHEMAS) vendor.citation-file-format CITATION.cff

# The tools of the documentation in an environment of their own.
.venv/docs/.installed: tools/docs.txt
	$(PYTHON) -m venv .venv/docs
	.venv/docs/bin/python -m pip install --quiet --disable-pip-version-check -r tools/docs.txt
	touch $@

# Builds the documentation into out/site/docs. A warning, a broken link and a request to another host are errors.
docs: .venv/docs/.installed node_modules
	.venv/docs/bin/python tools/docs/documentation.py

# Runs every test marked `soak` with its full number of repetitions; writes docs/reliability.md. Then the tests of pages
# as on a slow machine.
soak: install browser compiler node_modules
	$(BIN)/python tools/reliability.py
	SEQZOO_LATE=1 $(BIN)/python -m pytest -q -n 2 tests/browser

# Installs Debian's emulator of other processors, where Debian has it: programs for aarch64 then run here too.
emulator:
	@command -v qemu-aarch64 >/dev/null || { \
	  root=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends qemu-user || true; }

# Tests clients whose pins conflict with ours, in separate environments, the bundles from C++ (cmake and a compiler),
# exported C on other processors, the compiled core under the compiler's sanitisers (g++), and all wheels, built twice.
conformance: install compiler emulator
	$(BIN)/python conformance/clients.py
	$(BIN)/python conformance/libtorch.py
	$(BIN)/python conformance/c.py
	$(BIN)/python conformance/browser_core.py
	$(BIN)/python conformance/sanitisers.py
	$(MAKE) without-core
	$(MAKE) dist RECOMPILE=--recompile

# Runs what uses the core as if an installation had none: everything goes on through ONNX Runtime and PyTorch.
without-core: install
	SEQZOO_CORE=off $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/runtime tests/training tests/cli/test_forecasts.py tests/cli/test_installation.py

clean:
	rm -rf .venv out .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
