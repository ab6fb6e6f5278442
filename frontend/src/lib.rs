//! What the browser loads: links the islands of `app` and wakes those that a page contains.

// Without a use of `app` the linker would drop its islands.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the hydration script that the page's shell carries.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
