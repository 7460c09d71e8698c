# Everything that people and CI run. `make` alone lists it.
#
# The web part is always built first: the binary carries the SDK, the window's
# scripts and the shop inside itself, so cargo needs web/dist to be there.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build web demo test fuzz check deny bench tools

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
# In CI the lock file must already say what is built.
LOCKED := $(if $(CI),--locked)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: web ## Build everything; the binary is target/release/dangol
	cargo build --release $(LOCKED) --bin dangol

web: web/node_modules/.installed ## Build the SDK, the window's scripts and the shop into web/dist
	npm --prefix web run build

# `npm ci` again only when the lock file changed.
web/node_modules/.installed: web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@

demo: build ## Build, then run a sandbox with its shop; ARGS="--listen 127.0.0.1:9000" is passed on
	exec $(TARGET_DIR)/release/dangol demo $(ARGS)

tools: ## Install what the tests need besides Rust and Node (Chromium, a PostgreSQL server, schemathesis)
	scripts/install-test-tools.sh

test: tools web ## Run everything: checks, unit tests, both databases, the API's description, a real browser
	scripts/test.sh

fuzz: tools web ## Call the API as nobody would, very often; CASES=200
	scripts/contract.sh $(or $(CASES),200)

check: web ## Formatting, lints and types, with no warning allowed
	scripts/check.sh

deny: ## Check licences, banned crates and sources; installs cargo-deny if missing (minutes)
	scripts/deny.sh --install

bench: build ## Measure the release binary; ARGS are passed on
	scripts/bench.sh $(ARGS)
