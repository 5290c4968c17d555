# yomitori: every target installs what it is missing and then does its job.
# `make demo` and `make test` are all that a newcomer needs.

SHELL := /bin/bash
CARGO := cargo
PORT ?= 8080
SECONDS_EACH ?= 120

.PHONY: demo test faults build lint bench fuzz needs needs-test

demo: needs  ## a made-up city: print, fill in, scan badly, read, match; then the screens
	$(CARGO) build --release --bin yomitori
	./target/release/yomitori demo --data-dir demo-data --port $(PORT)

test: needs-test  ## everything: unit tests, contracts, the whole office, a real browser
	$(CARGO) build --release --workspace --all-targets
	scripts/broker $(CARGO) test --release --workspace

faults: needs-test  ## bad days alone: kills, full disks, lost leases, doubled messages (KILLS=200 make faults)
	$(CARGO) build --release --workspace --bin yomitori --test office
	scripts/faults

build: needs  ## the program at target/release/yomitori
	$(CARGO) build --release --bin yomitori

lint: needs-test  ## formatting, clippy, and licences where cargo-deny is installed
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; \
	else echo "cargo-deny is not installed: licences not checked (cargo install cargo-deny)"; fi

bench: build  ## accuracy, automation, and milliseconds by stage against decoding alone, on the shipped samples
	./target/release/yomitori bench --samples samples

fuzz: build  ## hostile files and spoiled slips, SECONDS_EACH a target (needs cargo-fuzz; a workspace of its own)
	fuzz/run $(SECONDS_EACH)

needs:
	@scripts/needs run

needs-test:
	@scripts/needs test
