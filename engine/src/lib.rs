//! The engine of Lethe: what is stored, the use-cases, and the runner that deletes. Native only; never leptos, never
//! axum. Doors (pages, REST, command line) hold an [`Engine`], a cheap handle, and say who asks with every call.
//!
//! Reading order: `migrations/0001_first.sql`, `store` (all SQL), `service` (the use-cases: check the actor, the guards,
//! one transaction, the audit entry, wake the runner), `runner` (the only writer of a job's state), `warehouse` (the
//! copy that stays), `counting` (what reports show), `health` and `quiet` (when jobs hold), `calendar` and `recurring`
//! (when they are due), `notify` (who hears of it), `erasure` (the bytes of a database file, live and dead), `import`
//! (files and streams in), `export` (files out), `suppression` (that nobody comes back), `sample` (the data of `lethe demo`), `bench` (data for measuring).
#![warn(missing_docs)]

mod bench;
mod calendar;
pub mod clock;
mod counting;
pub mod erasure;
mod error;
mod export;
#[cfg(feature = "faults")]
pub mod fault;
#[cfg(not(feature = "faults"))]
mod fault;
mod health;
pub mod import;
mod notify;
mod plain;
mod quiet;
pub mod receipt;
mod recurring;
mod runner;
mod sample;
mod service;
mod store;
mod suppression;
mod warehouse;

pub use bench::{BareDelete, BenchSpec, bare_deletes};
pub use calendar::read_local;
pub use error::{Error, Result};
pub use export::{Download, Rows};
pub use health::{FreeSpace, HealthOptions};
pub use plain::plain_json;
pub use quiet::time_zones;
pub use runner::Tasks;
pub use sample::SampleSpec;
pub use service::{
    Ask, Engine, Forecast, Idempotency, Limits, NewSession, OpenOptions, Started, WarehouseExport,
};
