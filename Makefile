# make run     set up everything and start Deskhand with its demo world
# make test    set up everything and run all tests
# make check   ruff, mypy --strict, import-linter, the shape of the code
# make bench   the benchmarks: ratios measured side by side in one run
# make chaos   kill the service at every named point and at random; CHAOS="--driver procrastinate"
# make slack-sim  a Slack to try the bot in, with no account
# make discord-sim  a Discord to try the bot in, with no account
# make pictures   the guide's pictures anew, of the real bot in the simulated chat platforms
# make lock    pin the dependencies anew

VENV := .venv
BIN := $(VENV)/bin
STATE := .state

.PHONY: run test check bench chaos lock setup setup-dev engine clean slack-sim discord-sim pictures

run: setup .env
	@scripts/docker-engine start $(STATE)/docker
	@if docker version >/dev/null 2>&1; then $(BIN)/deskhand sandbox build; fi
	@exec $(BIN)/deskhand run

test: setup-dev
	@scripts/docker-engine start --require $(STATE)/docker
	@scripts/browser
	@scripts/postgres
	@$(BIN)/pytest --cov=bot --cov=demo --cov-report=term:skip-covered --cov-report=html

check: setup-dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/shape.py bot
	@$(BIN)/deskhand actions check actions.d

bench: setup-dev
	@$(BIN)/python -m benchmarks

chaos: setup-dev
	@$(BIN)/python -m tests.chaos $(CHAOS)

setup: $(STATE)/installed

setup-dev: $(STATE)/installed-dev

$(STATE)/installed: requirements.lock pyproject.toml
	@scripts/install requirements.lock
	@touch $@

$(STATE)/installed-dev: requirements-dev.lock requirements.lock pyproject.toml
	@scripts/install requirements-dev.lock
	@touch $(STATE)/installed $@

.env:
	@cp .env.example .env

slack-sim: setup-dev
	@scripts/docker-engine start $(STATE)/docker
	@if docker version >/dev/null 2>&1; then $(BIN)/deskhand sandbox build; fi
	@$(BIN)/python -m tests.simulators.slack --bot

discord-sim: setup-dev
	@scripts/docker-engine start $(STATE)/docker
	@if docker version >/dev/null 2>&1; then $(BIN)/deskhand sandbox build; fi
	@$(BIN)/python -m tests.simulators.discord --bot

pictures: setup-dev
	@scripts/docker-engine start --require $(STATE)/docker
	@scripts/browser
	@$(BIN)/deskhand sandbox build full
	@$(BIN)/python -m tests.simulators.slack.pictures
	@$(BIN)/python -m tests.simulators.discord.pictures
	@$(BIN)/python -m tests.simulators.digest_pictures

lock: setup-dev
	@scripts/lock

clean:
	@scripts/docker-engine stop $(STATE)/docker
	@rm -rf $(VENV) $(STATE) data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage
