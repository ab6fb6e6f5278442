#!/usr/bin/env bash
# Installs what is missing to build Lethe (`setup.sh build`), to test it as well (`setup.sh test`) or to measure it
# (`setup.sh bench`).
#
# Safe to run twice and to stop half way: each step looks whether its result is there, works in a temporary folder and
# moves the result into place at its end. Debian packages need root or sudo; all else goes into the cache folder
# (XDG_CACHE_HOME, else ~/.cache) and end2end/node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

what=${1:-build}
case $what in build | test | bench) ;; *) die "usage: scripts/setup.sh [build|test|bench]" ;; esac

mkdir -p "$cache"
exec 9>"$cache/lock"
flock -n 9 || { say "another set-up is running; waiting for it"; flock 9; }
temp=$cache/tmp
rm -rf "$temp" # left by a set-up that was killed
mkdir -p "$temp"
trap 'rm -rf "$temp"' EXIT
trap 'exit 130' INT TERM HUP

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else die "this step needs root, and there is no sudo: $*"; fi
}

apt_ready=
apt_prepare() {
  [ -z "$apt_ready" ] || return 0
  command -v apt-get >/dev/null 2>&1 || die "apt-get is missing: please install the equivalent of $* by hand"
  # An installation that was killed leaves packages half configured.
  if [ -n "$(dpkg --audit)" ]; then as_root dpkg --configure -a 9>&-; fi
  as_root apt-get -q -o DPkg::Lock::Timeout=300 update 9>&-
  apt_ready=1
}

apt_install() {
  say "installing from Debian: $*"
  apt_prepare "$@"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" 9>&-
}

require_basics() {
  command -v cargo >/dev/null 2>&1 || die "cargo is missing: install Rust with rustup (https://rustup.rs)"
  command -v npm >/dev/null 2>&1 || die "npm is missing: install Node.js 20 or newer, with npm"
  command -v cc >/dev/null 2>&1 || apt_install build-essential # SQLite is compiled from its C source
}

# The browser's standard library: from rustup where it can be downloaded, else built from Debian's source of it.
wasm_std() {
  if wasm_compiler >/dev/null; then return; fi
  if [ "${LETHE_WASM_COMPILER:-}" != debian ] && command -v rustup >/dev/null 2>&1; then
    say "asking rustup for $wasm_target (up to 60 s)"
    if RUSTUP_MAX_RETRIES=1 timeout 60 rustup target add "$wasm_target" 9>&- && wasm_compiler >/dev/null; then return; fi
    [ "${LETHE_WASM_COMPILER:-}" != rustup ] || die "rustup cannot download $wasm_target"
    say "rustup cannot download it here; taking Debian's compiler for the browser part"
  fi
  debian_wasm_std
}

debian_wasm_std() {
  local libdir
  if [ ! -x /usr/bin/rustc ] || [ ! -x /usr/bin/cargo ] || [ ! -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    apt_install rustc-web cargo-web rust-web-src
  fi
  command -v "$(debian_linker)" >/dev/null 2>&1 || apt_install "lld-$(debian_linker | sed "s/.*-//")"
  has_wasm_std /usr/bin/rustc && return

  say "building the standard library for $wasm_target (half a minute)"
  mkdir -p "$temp/std/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$temp/std/Cargo.toml"
  printf '#![no_std]\n' >"$temp/std/src/lib.rs"
  (
    cd "$temp/std"
    # With bitcode inside, since the browser part is optimized as a whole; cargo itself would leave it out here.
    env -u CARGO_ENCODED_RUSTFLAGS -u CARGO_TARGET_DIR -u RUSTC_WRAPPER -u RUSTUP_TOOLCHAIN \
      RUSTFLAGS="-C embed-bitcode=yes" PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
      /usr/bin/cargo build --release -Zbuild-std=std,panic_abort,proc_macro --target "$wasm_target" 9>&-
  )
  libdir=$(/usr/bin/rustc --print target-libdir --target "$wasm_target")
  rm -f "$temp/std/target/$wasm_target/release/deps"/libempty-*
  as_root mkdir -p "$(dirname "$libdir")"
  as_root rm -rf "$libdir.new"
  as_root mkdir "$libdir.new"
  as_root cp "$temp/std/target/$wasm_target/release/deps"/*.rlib "$libdir.new/"
  /usr/bin/rustc -vV | as_root tee "$libdir.new/.built-by" >/dev/null
  as_root rm -rf "$libdir"
  as_root mv "$libdir.new" "$libdir"
  has_wasm_std /usr/bin/rustc || die "the standard library for $wasm_target was built, but /usr/bin/rustc does not find it"
}

# Must be of the very version of the crate wasm-bindgen. Without --locked: its lock file is older than some mirrors keep.
wasm_bindgen() {
  [ -n "$wasm_bindgen_version" ] || die "Cargo.toml pins no version of wasm-bindgen"
  [ -x "$wasm_bindgen_dir/bin/wasm-bindgen" ] && return
  say "building wasm-bindgen $wasm_bindgen_version (a minute or two)"
  CARGO_TARGET_DIR=$temp/target CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo install wasm-bindgen-cli --version "$wasm_bindgen_version" --root "$temp/wasm-bindgen" 9>&-
  rm -rf "$wasm_bindgen_dir" "$temp/target"
  mv "$temp/wasm-bindgen" "$wasm_bindgen_dir"
}

# wasm-opt, lightningcss, the font; and for tests Playwright and axe. `npm ci` empties node_modules before it fills it, so
# a stamp that is written last tells a whole one from a torn one.
node_packages() {
  on_change end2end/node_modules/.lethe-stamp end2end/package-lock.json -- npm_ci
}
npm_ci() {
  say "installing Node packages into end2end/node_modules"
  (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error 9>&-)
}

test_tools() {
  command -v chromium >/dev/null 2>&1 || apt_install chromium
  # Checks signatures of replies and receipts with code that is not ours.
  command -v openssl >/dev/null 2>&1 || apt_install openssl
  if [ "$(wasm_compiler)" = debian ] && [ ! -x /usr/bin/cargo-clippy ]; then apt_install rust-web-clippy; fi
  if command -v rustup >/dev/null 2>&1 && ! { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1; then
    say "adding clippy and rustfmt"
    rustup component add clippy rustfmt 9>&-
  fi
}

# The stock libraries that send to the tracking API.
tracking_clients() {
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || apt_install python3-venv
  scripts/clients.sh 9>&- >/dev/null
}

# What Lethe is measured against.
sqlite_shell() {
  command -v sqlite3 >/dev/null 2>&1 || apt_install sqlite3
}

require_basics
wasm_std
wasm_bindgen
node_packages
if [ "$what" != build ]; then sqlite_shell; fi
if [ "$what" = test ]; then test_tools; tracking_clients; fi
say "set-up for '$what' is complete"
