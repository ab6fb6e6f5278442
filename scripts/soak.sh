#!/usr/bin/env bash
# Kills the server at random instants in the middle of deletion jobs, N times (1,000 where nothing is said), and judges every
# directory afterwards. Usage: N=… SEED=… scripts/soak.sh. The last line is `N kills, V violations`; the seed stands above it.
# A build of its own, as the release has no stop points; both are optimised alike.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

export LETHE_KILLS=${N:-1000}
export LETHE_SEED=${SEED:-$(date +%s)}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test --locked --release --target-dir target/soak --package server --features server/faults --test faults \
  -- --nocapture --exact crash::killed_at_random_instants 2>&1 | tee "$log" | grep --line-buffered -v '^warning' || true
grep -E '^seed [0-9]+$' "$log" || die "the soak did not run"
grep -E '^[0-9]+ kills, [0-9]+ violations$' "$log" | tail -n 1 | grep -E ' 0 violations$'
