# Nutgraf: `make help` lists what there is to make. Needs Python 3.11 or newer, git and make; everything else goes to .venv.

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
FROM_LOCK := $(INSTALL) --require-hashes --no-deps
UV := uv==0.13.9
LOCK := $(VENV)/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run test crash fuzz install install-test format lock clean

help: ## this list
	@awk -F ' *## *' '/^[a-z-]+:.*##/ { sub(/:.*/, "", $$1); printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: install ## try it in your browser: no token, no account, no network; PORT=8081 takes another port
	@$(BIN)/nutgraf demo $(if $(PORT),--port $(PORT))

run: install ## the service, with the settings of .env
	@$(BIN)/nutgraf run

test: install-test ## every check, with a summary at the end
	@$(BIN)/python tests/checks.py

crash: install-test ## the service killed 300 times while it sends; a table of what became of the messages
	@$(BIN)/python -m tests.crash

fuzz: install-test ## read 10,000 mutants of feeds (minutes); MUTANTS=500 and SEED=2 take others
	@$(BIN)/python -m tests.feeds.fuzz --mutants $(or $(MUTANTS),10000) --seed $(or $(SEED),1)

install: $(VENV)/installed ## .venv with what the service needs

install-test: $(VENV)/installed-test ## .venv with what the checks need as well

format: install-test ## put the code into its format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(VENV)/lock/bin/uv ## write the lock files anew; UPGRADE=--upgrade takes the newest versions
	@$(LOCK) $(UPGRADE) --extra build --output-file requirements.lock
	@$(LOCK) $(UPGRADE) --extra build --extra test --constraint requirements.lock --output-file requirements-test.lock

clean: ## remove .venv and what the checks leave behind
	@rm -rf $(VENV) .coverage .coverage.* htmlcov test-results .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find bot tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- each file below says that a step is done; a step is repeated only when what it was made from has changed ----

# a .venv whose Python is gone or too old is made anew
USABLE := sys.exit(sys.version_info < (3, 11))
ifneq ($(shell $(BIN)/python -c 'import sys; $(USABLE)' 2>/dev/null && echo yes),yes)
.PHONY: $(VENV)/made
endif

$(VENV)/made:
	@python=; \
	for name in $(or $(PYTHON),python3 python python3.14 python3.13 python3.12 python3.11); do \
		if $$name -c 'import sys; $(USABLE)' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is needed and was not found; name one with: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make virtual environments: install its venv package (Debian: python3-venv)" >&2; exit 1; \
	fi; \
	$(BIN)/python -c 'import sys; $(USABLE)' 2>/dev/null || rm -rf $(VENV); \
	echo "Making $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV)
	@touch $@

# setuptools first: what comes as source is built with the version in the lock, not with whatever is newest
$(VENV)/installed-lock: requirements.lock $(VENV)/made
	@echo "Installing $$(grep -c '^[a-zA-Z0-9]' requirements.lock) packages from requirements.lock (about a minute)"
	@sed -n '/^setuptools==/,/[^\\]$$/p' requirements.lock > $(VENV)/setuptools.lock
	@$(FROM_LOCK) -r $(VENV)/setuptools.lock
	@$(FROM_LOCK) --no-build-isolation -r requirements.lock
	@touch $@

$(VENV)/installed: pyproject.toml $(VENV)/installed-lock
	@$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/installed-test: requirements-test.lock $(VENV)/installed
	@echo "Installing the checks' packages from requirements-test.lock"
	@$(FROM_LOCK) --no-build-isolation -r requirements-test.lock
	@touch $@

$(VENV)/lock/bin/uv: $(VENV)/made
	@$(BIN)/python -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
