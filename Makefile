# Two commands on a fresh machine with Python 3.11 or newer: `make report` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup report test lint format docs bench belasting lab screenshots lock clean

help: ## toon deze lijst
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.done ## zet de omgeving klaar in .venv

.venv/.done: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wijkboek heeft Python 3.11 of nieuwer nodig; geef het op met: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	touch $@

report: setup ## maak het rapport van de standaardpilot
	$(BIN)/wijkboek render

test: setup ## draai alle tests
	$(BIN)/python -m pytest

lint: setup ## controleer stijl en typen
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## zet code en notebooks in de huisstijl, zonder uitvoer
	$(BIN)/jupyter nbconvert --clear-output --inplace --log-level=ERROR notebooks/*.ipynb
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## bouw de website van docs/ in docs/_site
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_site
	@echo docs/_site/index.html

bench: setup ## meet render tegen papermill en nbconvert, en de verkenner
	$(BIN)/python -m docs.bench
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.bench_verkenner

belasting: setup ## laat twintig bezoekers tegelijk bijdragen
	$(BIN)/python -m docs.load

lab: setup ## open JupyterLab, in het Nederlands
	JUPYTER_CONFIG_PATH=$(CURDIR)/.jupyter $(BIN)/jupyter lab notebooks

screenshots: setup ## maak de schermafdrukken van docs/
	$(BIN)/python docs/screenshots.py

lock: setup ## leg de versies van pyproject.toml opnieuw vast
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev --extra keuring --extra cluster --extra docs --extra lab pyproject.toml -o requirements.lock

clean: ## verwijder alles wat gebouwd is
	rm -rf .venv docs/_site data/processed/*/ reports/*/ reports/.[!.]*
