# Each target sets up what it needs first, from nothing but Python, make and git.
.DEFAULT_GOAL := help
BIN := .venv/bin
# What the stack and the lessons need, and what tests and checks need on top.
SET_UP := .venv/.set-up
SET_UP_DEV := .venv/.set-up-dev
# 3: the gateway serves, and a service that it can do without did not start. Lessons say which.
UP = $(BIN)/gateway-kit up || [ $$? -eq 3 ]
# Each test process boots a stack or two of its own, of about 1.2 GB each; with less than 10 GB of memory take 2. Tests
# wait about half of the time, so two processors serve four processes. (`env -u` below: bytecode, which containers
# forbid, spares each process rewriting every test.)
TEST_PROCESSES ?= 4
LOCKED := pyproject.toml requirements.lock requirements-models.lock requirements-uv.lock \
	gateway_kit/stack/node/package.json gateway_kit/stack/node/package-lock.json tools/setup.sh

# The Python that an environment was made with may be gone since.
$(shell $(BIN)/python -c '' 2>/dev/null || rm -f $(SET_UP) $(SET_UP_DEV))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(SET_UP): $(LOCKED)
	@sh tools/setup.sh
	@touch $@

$(SET_UP_DEV): $(LOCKED) requirements-dev.lock
	@sh tools/setup.sh dev
	@$(BIN)/python -m gateway_kit.stack.toolchain --rest
	@touch $(SET_UP) $@

.PHONY: setup
setup: $(SET_UP_DEV) ## Install everything into .venv

.PHONY: lab
lab: $(SET_UP) ## Boot the stack and open JupyterLab at the first lesson
	@$(UP)
	@nice $(BIN)/python -m gateway_kit.stack.toolchain --rest >/dev/null 2>&1 &
	@$(BIN)/gateway-kit lab

.PHONY: test
test: $(SET_UP_DEV) ## Boot stacks on free ports and run every test and lesson
	@$(BIN)/python tools/get_chromium.py
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: notebooks
notebooks: $(SET_UP) ## Execute every lesson against the running stack
	@$(UP)
	@$(BIN)/gateway-kit notebooks

.PHONY: bench
bench: $(SET_UP_DEV) ## Measure starts, memory, lessons and requests; writes bench.json
	@$(BIN)/python -m tools.bench

.PHONY: images
images: $(SET_UP_DEV) ## Make the figures of README and lessons anew
	@$(BIN)/python tools/get_chromium.py
	@$(BIN)/python -m tools.images

.PHONY: lint
lint: $(SET_UP_DEV) ## Check style, types, notebooks and the workflow
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python tools/lint_notebooks.py
	@$(BIN)/python tools/lint_workflows.py

.PHONY: docs
docs: $(SET_UP_DEV) ## Build the API reference into out/reference; a warning is an error
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/reference

.PHONY: locks
locks: $(SET_UP) ## Resolve the lock files anew from pyproject.toml and the .in files
	@sh tools/locks.sh
