# The commands of the project. Cargo does the work; make only names it.

# The development profile, because a first release build takes about 8 minutes on two cores and a first
# development build about 3; `make bench` is the one command that needs a release build.
DATA ?= data
LISTEN ?= 127.0.0.1:8080

# npm with nothing of its own to say, and only what the lock file names.
NPM_CI = npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: help demo run test test-rust test-browser test-faults check bench sbom pictures
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build, make a fictional region and serve it on http://127.0.0.1:8080
	cargo build --locked
	target/debug/accord demo --data $(DATA) --listen $(LISTEN)

run: ## build and serve your own data (settings: target/debug/accord serve --help)
	cargo build --locked
	target/debug/accord serve

test: test-rust test-browser test-faults ## pass everything: unit, stories on both databases, page samples, tidy, browser journeys, faults

test-rust: ## the tests without the browser journeys
	scripts/install-prerequisites
	scripts/with-postgres cargo test --locked --workspace --no-fail-fast

test-browser: ## the browser journeys alone
	scripts/install-prerequisites
	cargo build --locked
	cd e2e && $(NPM_CI) && npm test --silent

# Kills of the process before the rehearsal is over, and seconds for which the database is gone.
KILLS ?= 25
GONE ?= 5

test-faults: ## lose machines while people work: a failover, a database that goes, a process that is killed (KILLS=1000), a bad disk
	scripts/install-prerequisites
	cargo build --locked
	node tests/faults/failover.mjs
	node tests/faults/gone.mjs $(GONE)
	node tests/faults/killed.mjs $(KILLS)
	node tests/faults/disk.mjs

check: ## formatting, lints and documentation, warnings denied
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: ## print rows, seconds and memory at the size of the nation (one part: PART=saves, offers, declarations, pages or points)
	cargo bench --locked --package app --bench national -- $(PART)

sbom: ## list every library the program is built from, with versions and checksums (CycloneDX, in target/sbom)
	scripts/sbom

pictures: ## take the pictures in docs/pictures again
	ACCORD_PICTURES=1 $(MAKE) test-browser
