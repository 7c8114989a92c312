# Everything starts here. Each target sets up the environment it needs; nothing else is required
# but Python >= 3.11 with pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint unit attack docs picture dist clean

## run: set up, then train a neural spacetime on the dependency graph of the installed packages
run: $(READY)
	$(BIN)/geoframe run nst --config plugins/geoframe-nst/examples/quickstart.toml

## test: set up, then check style, types and imports and run the whole test-suite
test: lint unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(READY)
	# One thread a process: small kernels on two threads in two processes only wait for each other.
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadgroup

## attack: try every hostile file, damage and kill on every installed method, and print the table
attack: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python tests/attack

$(READY): pyproject.toml requirements-dev.txt constraints.txt $(wildcard plugins/*/pyproject.toml)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	# With the build back end in the environment, eleven isolated builds become none.
	$(BIN)/pip install --quiet hatchling editables
	$(BIN)/pip install --quiet --no-build-isolation -c constraints.txt -r requirements-dev.txt
	touch $@

## docs: build the documentation site into site/; a warning is an error
docs: $(READY)
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs site

## picture: record the terminal session of the README and draw the methods' pictures, from real runs
picture: $(READY)
	$(BIN)/python docs/record.py
	$(BIN)/python docs/pictures.py

## dist: build wheels and source distributions of the core and of every plugin into dist/
dist: $(READY)
	$(BIN)/python -m build --no-isolation --outdir dist .
	for plugin in plugins/*/; do \
		$(BIN)/python -m build --no-isolation --outdir dist $$plugin || exit 1; \
	done

clean:
	rm -rf $(VENV) dist build site
