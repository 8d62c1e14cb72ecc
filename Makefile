# Each target first installs what it needs, starting from only Python, make and git.
.DEFAULT_GOAL := help
BIN := .venv/bin
# Stamp files: what the stack and the lessons need is installed; the development tools are installed too; what a
# workshop's facilitator needs is installed too.
SET_UP := .venv/.set-up
SET_UP_DEV := .venv/.set-up-dev
SET_UP_WORKSHOP := .venv/.set-up-workshop
# Exit code 3: the gateway is up, but an optional service did not start. The lessons say which.
UP = $(BIN)/gateway-kit up || [ $$? -eq 3 ]
# Without the slowest part of importing notebooks.
BOOK := $(BIN)/python -m gateway_kit.common.jupyter_program tools.book
# Each test process boots one or two stacks, and takes about 2.5 GB of memory. Tests wait about half of the time, so a core
# can run two processes. (`env -u` below allows bytecode, which many containers turn off, so that not every process
# has to rewrite every test.)
TEST_PROCESSES ?= $(shell awk -v cores="$$(nproc)" '/^MemTotal/ { n = int($$2 / 2500000); most = 2 * cores; \
	print (n < 2 ? 2 : n > most ? most : n) }' /proc/meminfo)
LOCKED := pyproject.toml requirements.lock requirements-models.lock requirements-uv.lock \
	gateway_kit/stack/node/package.json gateway_kit/stack/node/package-lock.json tools/setup.sh
LOCKED_WORKSHOP := requirements-workshop.lock gateway_kit/stack/node/hub/package.json \
	gateway_kit/stack/node/hub/package-lock.json

# Set up again if the Python that .venv was made with no longer exists.
$(shell $(BIN)/python -c '' 2>/dev/null || rm -f $(SET_UP) $(SET_UP_DEV) $(SET_UP_WORKSHOP))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(SET_UP): $(LOCKED)
	@sh tools/setup.sh
	@touch $@

$(SET_UP_WORKSHOP): $(LOCKED) $(LOCKED_WORKSHOP)
	@sh tools/setup.sh workshop
	@$(BIN)/python -m gateway_kit.stack.toolchain --rest
	@touch $(SET_UP) $@

$(SET_UP_DEV): $(LOCKED) $(LOCKED_WORKSHOP) requirements-dev.lock requirements-sdks.lock
	@sh tools/setup.sh dev
	@$(BIN)/python -m gateway_kit.stack.toolchain --rest
	@touch $(SET_UP) $(SET_UP_WORKSHOP) $@

.PHONY: setup
setup: $(SET_UP_DEV) ## Install everything into .venv

.PHONY: workshop
workshop: $(SET_UP_WORKSHOP) ## Install what a workshop's facilitator needs as well

.PHONY: bundle
bundle: $(SET_UP) ## Pack everything for machines without a network (BUNDLE_ARGS=--help)
	@$(BIN)/python -m tools.bundle $(BUNDLE_ARGS)

.PHONY: lab
lab: $(SET_UP) ## Boot the stack and open JupyterLab at the first lesson
	@$(UP)
	@nice $(BIN)/python -m gateway_kit.stack.toolchain --rest >/dev/null 2>&1 &
	@$(BIN)/gateway-kit lab

.PHONY: test
test: $(SET_UP_DEV) ## Boot stacks on free ports and run every test and lesson
	@$(BIN)/python tools/get_chromium.py
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: test-again
test-again: $(SET_UP_DEV) ## Run each lesson twice and from each section, and a bundle (30 minutes; LESSON=01 for one)
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest tests/again $(PYTEST_ARGS)

.PHONY: notebooks
notebooks: $(SET_UP) ## Execute every lesson against the running stack
	@$(UP)
	@$(BIN)/gateway-kit notebooks

.PHONY: bench
bench: $(SET_UP_DEV) ## Measure start times, memory, lessons and requests; write bench.json
	@$(BIN)/python -m tools.bench

.PHONY: images
images: $(SET_UP_DEV) ## Regenerate the images of README and lessons
	@$(BIN)/python tools/get_chromium.py
	@$(BIN)/python -m tools.images

.PHONY: lint
lint: style types docs ## Check style, types, notebooks, workflows and the book (make -j2 lint is faster)

.PHONY: style
style: $(SET_UP_DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python tools/lint_notebooks.py
	@$(BIN)/python tools/lint_workflows.py

.PHONY: types
types: $(SET_UP_DEV)
	@$(BIN)/mypy

.PHONY: docs
docs: $(SET_UP_DEV) ## Build the book with the lessons as stored into out/reference; a warning is an error
	@$(BOOK) out/reference --without-outputs

.PHONY: book
book: $(SET_UP_DEV) ## Build the book with the executed lessons into out/book; executes those that changed
	@lessons=$$($(BOOK).lessons) || exit 1; \
	if [ -n "$$lessons" ]; then { $(UP); } && $(BIN)/gateway-kit notebooks $$lessons; fi
	@$(BOOK) out/book
	@echo "The book: out/book/index.html"

.PHONY: locks
locks: $(SET_UP) ## Update the lock files from pyproject.toml and the .in files
	@sh tools/locks.sh
