//! What a refused form held, on its way back to its page. It stays on the server, for whoever typed it alone, for some minutes
//! and up to a size: an address is written down by everything that it passes, and has little room.

use domain::problem::Problem;

/// A form that comes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// Why it was refused; `None`: it was only looked at.
    pub problem: Option<Problem>,
    /// What was typed, by the names of the boxes. Never a password.
    pub typed: Vec<(&'static str, String)>,
}

/// The name in a page's address under which it says which form came back to it.
pub const RETURNED: &str = "returned";

/// The form that came back under this key to whoever asks for the page, as long as it is kept.
#[cfg_attr(
    not(feature = "ssr"),
    expect(unused_variables, reason = "pages are rendered on the server alone")
)]
pub fn returned(key: &str) -> Option<Returned> {
    #[cfg(feature = "ssr")]
    return super::kept_forms::take_up(key);
    #[cfg(not(feature = "ssr"))]
    None
}
