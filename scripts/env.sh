# What the other scripts share: where tools are kept, and which compiler makes WebAssembly. Sourced, never run.

# Colour only clutters a log.
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

wasm_target=wasm32-unknown-unknown
cache=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/lethe
wasm_bindgen_version=$(sed -n 's/^wasm-bindgen = "=\([0-9.]*\)".*/\1/p' Cargo.toml)
wasm_bindgen_dir=$cache/wasm-bindgen-$wasm_bindgen_version
node_bin=end2end/node_modules/.bin

say() { printf '%s\n' "== $*"; }
die() { printf '%s\n' "error: $*" >&2; exit 1; }

# has_wasm_std RUSTC: whether this compiler finds a standard library for the browser, built by itself.
has_wasm_std() {
  local libdir stamp
  command -v "$1" >/dev/null 2>&1 || return 1
  libdir=$("$1" --print target-libdir --target "$wasm_target" 2>/dev/null) || return 1
  compgen -G "$libdir/libcore-*.rlib" >/dev/null || return 1
  # A library that setup.sh built says by which compiler; one of another version cannot be linked.
  stamp=$libdir/.built-by
  [ ! -f "$stamp" ] || [ "$(cat "$stamp")" = "$("$1" -vV)" ]
}

# Prints `rustup` or `debian`: whose compiler can make WebAssembly here. Fails where none can.
# LETHE_WASM_COMPILER=rustup or =debian leaves no choice.
wasm_compiler() {
  local only=${LETHE_WASM_COMPILER:-}
  if [ "$only" != debian ] && has_wasm_std rustc; then echo rustup
  elif [ "$only" != rustup ] && has_wasm_std /usr/bin/rustc; then echo debian
  else return 1; fi
}

# with_wasm COMMAND…: runs a command with the compiler that can make WebAssembly.
# Debian's needs /usr/bin first on PATH throughout: its cargo with rustup's rustc proxy crashes in the middle.
with_wasm() {
  case $(wasm_compiler) in
    rustup) "$@" ;;
    debian)
      env -u RUSTC -u RUSTUP_TOOLCHAIN -u RUSTC_WRAPPER PATH="/usr/bin:$PATH" \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(debian_linker)" "$@" ;;
    *) die "no compiler for $wasm_target; run scripts/setup.sh build" ;;
  esac
}

# The linker of the LLVM that Debian's compiler was built with.
debian_linker() { echo "wasm-ld-$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"; }

# on_change STAMP INPUT… -- COMMAND…: runs the command unless the inputs' content is what it was at its last success.
on_change() {
  local stamp=$1 inputs=() digest
  shift
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done
  shift
  digest=$(cat -- "${inputs[@]}" | sha256sum | cut -d' ' -f1)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$digest" ]; then return 0; fi
  rm -f "$stamp"
  "$@"
  mkdir -p "$(dirname "$stamp")"
  printf '%s\n' "$digest" >"$stamp"
}
