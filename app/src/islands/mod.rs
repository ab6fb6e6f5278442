//! The live parts: what a browser runs. Each enhances a page that already works without it, takes plain values, and is
//! found by tests under the same names as without it.

pub mod count_watch;
mod follow;
pub mod live_bar;
pub mod live_job;
pub mod live_plan;
pub mod rate_box;
mod rule_act;
pub mod rule_box;
mod rule_rows;
mod rule_state;
pub mod show_disabled;
pub mod typed_box;

pub use count_watch::CountWatch;
pub use live_bar::LiveBar;
pub use live_job::{LiveJob, panel};
pub use live_plan::LivePlan;
pub use rate_box::RateBox;
pub use rule_box::{PreviewView, RuleBox};
pub use show_disabled::ShowDisabled;
pub use typed_box::TypedBox;

/// Waits, in the browser; on the server nothing waits.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "only browsers wait")
)]
async fn wait(ms: u32) {
    #[cfg(feature = "hydrate")]
    gloo_timers::future::TimeoutFuture::new(ms).await;
}
