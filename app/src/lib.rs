//! Pages and islands: pages are rendered on the server only, islands live in the browser as well.
//!
//! Reading order: `app` (which page answers where), `paths` (addresses), `api` (the server's doors), `pages` (one a file),
//! `islands` (the live parts), `components` (know the domain), `ui` (know nothing of ours).
// A view's type holds those of all its parts; the deepest pages go beyond what the compiler follows by itself.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod components;
pub mod islands;
pub mod pages;
pub mod paths;
mod shell;
pub mod ui;

#[cfg(feature = "ssr")]
pub use api::receipts::ProofAnswer;
#[cfg(feature = "ssr")]
pub use api::{DATASET_COOKIE, KeptForms, Settings, session_cookie};
pub use shell::shell;
