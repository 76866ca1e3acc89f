# make setup   a .venv with `unforbid` in it (Python 3.11 to 3.13)
# make demo    the samples through the real function, told as stories
# make test    lint, types and every test
# make corpus  how often the cause is right on ../shared/corpus, if it is there
# make bench   ratios against limits measured in the same run (needs wrk and valgrind)
# make roles   role choice over the predefined roles in ../shared, as a table, and what a look-up costs
# make scenarios  every scenario of the sandbox through the function: is the true cause named? Writes docs/scenarios.md
# make proof   every change, killed and refused at every moment, against the sandbox; PAIRS=1, SEED=N; make proof-defects
# make terraform  the Terraform offline: formatted, valid, tested, planted mistakes found, checkov answered (QUICK=1: root only)
# make e2e     the whole loop as production runs it, on Google's emulators: three stories; make e2e-kills: 200 kills, SEED=N
# make docs    write the generated pages again
# make lock    write the hashed locks again, after a change of requirements*.txt (needs uv)

PYTHON ?= python3
BIN := .venv/bin
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: setup demo test check corpus bench roles scenarios proof proof-defects e2e e2e-kills terraform docs lock clean

setup: .venv/ready

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c '$(SUPPORTED)' || { echo "unforbid needs Python 3.11, 3.12 or 3.13; choose one with: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q shared functions
	@touch $@

demo: setup
	@$(BIN)/unforbid demo

test: check
	@$(BIN)/python -m pytest

check: setup
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy

corpus: setup
	@$(BIN)/python bench/corpus.py

bench: setup
	@$(BIN)/python bench/run.py && $(BIN)/python bench/policy.py && $(BIN)/python bench/cold_start.py

roles: setup
	@$(BIN)/python bench/roles.py

scenarios: setup
	@GRPC_VERBOSITY=ERROR $(BIN)/python bench/scenarios.py

proof: setup
	@GRPC_VERBOSITY=NONE $(BIN)/python -m proof $(if $(PAIRS),--pairs) $(if $(SEED),--seed $(SEED))

proof-defects: setup
	@GRPC_VERBOSITY=NONE $(BIN)/python -m proof --defects

terraform: setup
	@$(BIN)/python tools/terraform/check.py $(if $(QUICK),--quick)

e2e: setup
	@$(BIN)/python -m e2e

e2e-kills: setup
	@$(BIN)/python -m e2e --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED))

docs: setup
	@$(BIN)/python docs/generate.py
	@$(BIN)/python tools/terraform/generate.py

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -o requirements.lock requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements.lock -o requirements-dev.lock requirements.txt requirements-dev.txt

clean:
	rm -rf .venv .unforbid *.egg-info
