#!/usr/bin/env bash
# Builds Lethe: the browser's files into target/site, then the server's release binary, which embeds them.
#
#   scripts/build.sh            all of it; what did not change is not made again
#   scripts/build.sh css        the styles alone, for `cargo leptos watch`
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

site=target/site       # what the binary embeds
stamps=target/stamps   # what each step was last made from
wasm_target_dir=target/wasm
wasm_limit=200000      # bytes of brotli

# Flags that rustc's own output needs; wasm-opt refuses instructions that it was not told of.
wasm_opt_flags=(-Oz --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int --enable-sign-ext
  --enable-mutable-globals --enable-reference-types --enable-multivalue --enable-call-indirect-overlong)

wasm() {
  say "compiling the browser part"
  with_wasm cargo build --package frontend --profile wasm-release --target "$wasm_target" --target-dir "$wasm_target_dir" --locked
  on_change "$stamps/wasm" "$wasm_target_dir/$wasm_target/wasm-release/frontend.wasm" scripts/build.sh end2end/package-lock.json -- bind
}

# Names are those that leptos asks for: pkg/lethe.js and pkg/lethe.wasm.
bind() {
  local out=target/bindgen
  rm -rf "$out"
  "$wasm_bindgen_dir/bin/wasm-bindgen" --target web --no-typescript --out-dir "$out" --out-name lethe \
    "$wasm_target_dir/$wasm_target/wasm-release/frontend.wasm"
  say "making the WebAssembly small"
  "$node_bin/wasm-opt" "${wasm_opt_flags[@]}" "$out/lethe_bg.wasm" -o "$out/lethe.wasm"
  mkdir -p "$site/pkg"
  install_file "$out/lethe.wasm" pkg/lethe.wasm
  install_file "$out/lethe.js" pkg/lethe.js
}

css() {
  mkdir -p target/style
  # Each file starts on a line of its own, whether or not the one before ends with one.
  awk 1 style/*.css >target/style/lethe.css
  on_change "$stamps/css" target/style/lethe.css scripts/build.sh end2end/package-lock.json -- minify_css
}
minify_css() {
  say "minifying the styles"
  "$node_bin/lightningcss" --minify --targets '>= 0.5%, last 2 versions, not dead' target/style/lethe.css --output-file target/style/lethe.min.css
  install_file target/style/lethe.min.css pkg/lethe.css
}

public() {
  local fonts=end2end/node_modules/@fontsource-variable/inter file name
  for file in public/*; do
    on_change "$stamps/public-${file##*/}" "$file" -- install_file "$file" "${file##*/}"
  done
  for name in latin latin-ext; do
    file=$fonts/files/inter-$name-wght-normal.woff2
    on_change "$stamps/font-$name" "$file" -- install_file "$file" "fonts/inter-$name.woff2"
  done
}

# install_file FILE NAME: puts a file into the site, and beside it the packed forms that the server sends.
install_file() {
  local to=$site/$2
  mkdir -p "$(dirname "$to")"
  cp "$1" "$to"
  rm -f "$to.br" "$to.gz"
  case $2 in *.woff2) return ;; esac # packed by its own format
  node -e '
    const fs = require("fs"), zlib = require("zlib"), to = process.argv[1], plain = fs.readFileSync(to);
    const c = zlib.constants, params = { [c.BROTLI_PARAM_QUALITY]: 11, [c.BROTLI_PARAM_LGWIN]: 24, [c.BROTLI_PARAM_SIZE_HINT]: plain.length };
    fs.writeFileSync(to + ".br", zlib.brotliCompressSync(plain, { params }));
    fs.writeFileSync(to + ".gz", zlib.gzipSync(plain, { level: 9 }));
  ' "$to"
}

sizes() {
  local size
  size=$(stat -c %s "$site/pkg/lethe.wasm.br")
  say "WebAssembly: $size bytes in brotli -q11 (limit $wasm_limit); script $(stat -c %s "$site/pkg/lethe.js.br"), styles $(stat -c %s "$site/pkg/lethe.css.br")"
  [ "$size" -le "$wasm_limit" ] || die "the WebAssembly is over its limit"
}

server() {
  say "compiling the server"
  cargo build --release --package server --locked
  # The profile says so, too, but cargo forgets it where a package has a setting of its own.
  strip --strip-all target/release/lethe
  say "built target/release/lethe ($(($(stat -c %s target/release/lethe) / 1000000)) MB)"
}

# Two builds at once would write the same files.
mkdir -p "$stamps"
exec 8>target/build.lock
flock 8

case ${1:-all} in
  css) css ;;
  all) wasm 8>&-; css; public; sizes; server 8>&- ;;
  *) die "usage: scripts/build.sh [css]" ;;
esac
