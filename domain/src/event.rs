//! Events: the kinds that the product knows by name.

/// A purchase; `value` is its amount.
pub const PURCHASE: &str = "purchase";
/// A campaign was shown; `campaign_id` says which.
pub const IMPRESSION: &str = "impression";
/// A campaign was clicked.
pub const CLICK: &str = "click";
/// A page was viewed.
pub const PAGE_VIEW: &str = "page_view";

/// A visit.
pub const VISIT: &str = "visit";
/// Something that a person did on a page.
pub const ACTION: &str = "action";

/// Longest kind, in bytes.
pub const KIND_BYTES_MAX: usize = 128;
