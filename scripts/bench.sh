#!/usr/bin/env bash
# Measures Lethe on this machine: a fresh release build, then `lethe bench`. Which figures are meant to be reached, and what
# bounds them, stands in docs/benchmarks.md.
#
#   scripts/bench.sh                              100,000 and 1,000,000 people
#   PROFILES=10000000 RUNS=1 scripts/bench.sh     others, as often as this
#   scripts/bench.sh --only deletion,preview      whatever `lethe bench --help` lists
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh bench
scripts/build.sh
exec target/release/lethe bench --profiles "${PROFILES:-100000,1000000}" --runs "${RUNS:-3}" "$@"
