# Every target does its own set-up: a fresh machine needs python3 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Typed commands run the code of this checkout, and nothing phones home.
export PULUMI_SKIP_UPDATE_CHECK := true
export PYTHONDONTWRITEBYTECODE :=

.PHONY: rehearse test tests setup lint unit blueprint settings-schema clean

rehearse: setup ## both stacks, really applied to an in-memory AWS on this machine
	$(BIN)/python -m rehearsal

# The rehearsal mostly waits, so the linters run beside it.
test: setup ## lint, types, unit tests, and the rehearsal
	$(MAKE) -j2 lint tests

tests: setup
	$(BIN)/python -m pytest -n 3 --dist loadfile

unit: setup ## the tests that take seconds
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not rehearsal and not engine"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

blueprint: setup ## what both stacks declare
	$(BIN)/python -m blueprint primary
	$(BIN)/python -m blueprint dr

settings-schema: setup ## write the schema of the settings into Pulumi.yaml
	$(BIN)/python -m components.settings

setup: $(VENV)/.installed

# uv resolves nothing here, every version is pinned; it installs in seconds what pip needs two minutes for.
$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(shell sed -n 's/^uv==//p' requirements.txt | cut -d' ' -f1)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt
	touch $@

clean:
	rm -rf $(VENV) build
