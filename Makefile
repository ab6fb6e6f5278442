# The commands of Lethe's house. `make run` and `make test` install what is missing themselves.
.PHONY: run build test check e2e soak bench fmt clean setup

# Serves the console with sample data on http://127.0.0.1:3000
run: build
	target/release/lethe demo

# The release binary, with the browser's files inside: target/release/lethe
build:
	@scripts/setup.sh build
	@scripts/build.sh

# Every test; ends in a line `N passed, N failed`
test:
	@scripts/test.sh all

# The fast part: format, lints for host and browser, tests of domain, engine and server
check:
	@scripts/test.sh check

# The end-to-end tests alone, on a fresh build
e2e:
	@scripts/test.sh e2e

# Kills an optimised build N times (1,000) at random instants of deletion jobs; SEED=… repeats a run
soak:
	@N=$(N) SEED=$(SEED) scripts/soak.sh

# Measures Lethe on this machine, and against SQLite's own shell: docs/benchmarks.md. PROFILES=10000000 RUNS=1 for more people
bench:
	@PROFILES=$(PROFILES) RUNS=$(RUNS) scripts/bench.sh

fmt:
	cargo fmt --all

# Removes what was built; tools in the cache folder and end2end/node_modules stay
clean:
	rm -rf target end2end/test-results end2end/playwright-report
