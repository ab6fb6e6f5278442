#!/usr/bin/env bash
# Runs the tests and counts them: `all`, `check` (no release build, no browser) or `e2e` (the browser alone).
# Goes on after a failing step, so that one run shows all; the last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh

what=${1:-all}
passed=0 failed=0 broken=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP

count() { passed=$((passed + $1)); failed=$((failed + $2)); }

# fails NAME: remembers what to look at.
fails() { broken+=("$1"); }

finish() {
  if [ ${#broken[@]} -gt 0 ]; then printf 'failed: %s\n' "${broken[@]}"; fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# step NAME COMMAND…: a step that counts as one.
step() {
  local name=$1
  shift
  say "$name: $*"
  if "$@"; then count 1 0; else count 0 1; fails "$name"; fi
}

# rust_tests ARGUMENT…: counts each test of cargo's summaries. One that ends without its failures counted (it did not
# compile, or a test took the process down) is one failure more.
rust_tests() {
  local status sums
  say "tests: cargo test $*"
  cargo test --no-fail-fast --locked "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  sums=$(awk '/^test result: /{ p += $4; f += $6 } END { print p + 0, f + 0 }' "$log")
  # shellcheck disable=SC2086 # two numbers
  count $sums
  if [ "$status" -ne 0 ]; then
    fails "cargo test $*"
    if [ "${sums#* }" -eq 0 ]; then count 0 1; fi
  fi
}

# The counts come from Playwright's own report; a skipped test counts as neither, a flaky one as failed.
browser_tests() {
  local status report=end2end/test-results/report.json sums
  if ! compgen -G 'end2end/tests/*' >/dev/null; then
    say "end-to-end: there are no tests in end2end/tests yet"
    return
  fi
  say "end-to-end: npx playwright test"
  rm -f "$report"
  (cd end2end && npx --no-install playwright test)
  status=$?
  if [ -f "$report" ] && sums=$(node -p '
    const { stats, errors } = JSON.parse(require("fs").readFileSync(process.argv[1]));
    `${stats.expected} ${stats.unexpected + stats.flaky + errors.length}`' "$report"); then
    # shellcheck disable=SC2086
    count $sums
    if [ "$status" -ne 0 ] && [ "${sums#* }" -eq 0 ]; then count 0 1; fi
  else
    count 0 1
  fi
  if [ "$status" -ne 0 ]; then fails "playwright test"; fi
}

lints() {
  step "format" cargo fmt --all --check
  step "lint (host)" cargo clippy --locked --package domain --package engine --package server \
    --package faults --features server/faults --all-targets -- -D warnings
  step "lint (browser)" with_wasm cargo clippy --locked --package frontend --package app --features app/hydrate \
    --target "$wasm_target" --target-dir target/wasm -- -D warnings
  if command -v cargo-deny >/dev/null 2>&1; then
    step "dependencies" cargo deny --offline check bans licenses sources
  else
    say "dependencies: cargo-deny is not installed; left out"
  fi
}

case $what in all | check | e2e) ;; *) die "usage: scripts/test.sh [all|check|e2e]" ;; esac

if ! scripts/setup.sh test; then
  count 0 1
  fails "set-up"
  finish
fi

case $what in
  check)
    lints
    rust_tests --package domain --package engine --package server --package faults --features server/faults
    ;;
  all)
    lints
    rust_tests --workspace --exclude frontend --features server/faults
    step "build" scripts/build.sh
    browser_tests
    ;;
  e2e)
    step "build" scripts/build.sh
    browser_tests
    ;;
esac
finish
