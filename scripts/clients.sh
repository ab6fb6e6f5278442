#!/usr/bin/env bash
# Installs the stock client libraries of the tracking API, unmodified, for the test that sends with them, and prints where they
# are. Safe to run twice: what is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

node_client=@segment/analytics-node@3.1.0
python_client=segment-analytics-python==2.4.0
dir=$cache/tracking-clients

mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9

# What is installed is kept under the name of its version, so that another version is another folder.
node_dir=$dir/node-${node_client##*@}
if [ ! -f "$node_dir/.done" ]; then
  say "installing $node_client" >&2
  rm -rf "$node_dir"
  mkdir -p "$node_dir"
  npm install --prefix "$node_dir" --no-audit --no-fund --loglevel=error "$node_client" >&2 9>&-
  touch "$node_dir/.done"
fi

python_dir=$dir/python-${python_client##*==}
if [ ! -f "$python_dir/.done" ]; then
  say "installing $python_client" >&2
  rm -rf "$python_dir"
  python3 -m venv "$python_dir" 9>&-
  "$python_dir/bin/pip" install --quiet --disable-pip-version-check "$python_client" >&2 9>&-
  touch "$python_dir/.done"
fi

printf '%s\n%s\n' "$node_dir" "$python_dir"
