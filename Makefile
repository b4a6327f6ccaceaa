# `make` or `make help` lists the targets. Everything runs in .venv, which is made when first needed.

BIN := .venv/bin
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); [ "$$n" -gt 2 ] && echo 2 || echo "$$n")
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
SCHEMAS := journey scenario

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-slow check check-editor schemas reference docs bench system lock clean

help: ## list the targets
	@awk -F ': .*## ' '/^[a-z-]+: .*## /{printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  ARGS=... adds options to run, test, test-slow and bench; PYTHON=... names the Python to install with."

.venv/installed: requirements.lock pyproject.toml tools/install.sh
	@sh tools/install.sh

# Ten replications take half a minute; a slower machine answers with as many as fit, and says how many.
run: .venv/installed ## simulate the main scenario, scenarios/lunch-hour.yaml, within a minute
	$(BIN)/journeysim run scenarios/lunch-hour.yaml --within 55s $(ARGS)

test: .venv/installed ## the fast tests, under 5 minutes
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: .venv/installed ## the tests that `make test` leaves out
	$(PYTEST) -m slow $(ARGS)

check: .venv/installed ## lint, format, types, import contract, and that schemas/ is current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src tools
	$(BIN)/lint-imports
	@for kind in $(SCHEMAS); do \
		$(BIN)/journeysim schema $$kind | diff -u schemas/$$kind.json - || \
		{ echo "schemas/$$kind.json is not what the models say; run: make schemas" >&2; exit 1; }; \
	done

check-editor: .venv/installed ## hold the YAML language server (needs node and npm) to completing and checking maps
	$(BIN)/python tools/check_editor.py

schemas: .venv/installed ## write schemas/*.json, from which editors complete, out of the models
	@mkdir -p schemas build
	@for kind in $(SCHEMAS); do \
		$(BIN)/journeysim schema $$kind > build/$$kind.json && mv build/$$kind.json schemas/$$kind.json || exit 1; \
	done

reference: .venv/installed ## write the pages of docs/reference/ that are made from the models and the commands
	$(BIN)/python tools/reference.py

docs: .venv/installed ## make the documentation, build/docs/index.html; a warning is an error
	$(BIN)/sphinx-build --fail-on-warning --keep-going --fresh-env --quiet --doctree-dir build/doctrees docs build/docs

bench: .venv/installed ## measure speed beside textbook SimPy and Ciw on this machine
	$(BIN)/python -m bench $(ARGS)

system: ## let apt bring the fonts and the browser that some tests need (root); they skip without
	@sh tools/system.sh

lock: .venv/installed ## renew requirements.lock with the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-header \
		--group dev pyproject.toml --output-file requirements.lock
	@! grep -n '://' requirements.lock

clean: ## remove .venv, build/ and what tools left; runs/ stays
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
