//! Pages of long lists: a limit and an opaque cursor, never an offset.

use serde::{Deserialize, Serialize};

/// Rows a page where nothing is said.
pub const LIMIT_DEFAULT: u32 = 50;
/// Rows a page at most.
pub const LIMIT_MAX: u32 = 1_000;

/// What part of a list is asked for. The cursor is the key of the last row seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// Rows wanted; `None` is the default.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl PageRequest {
    /// The limit within bounds.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
    }

    /// The cursor as a numeric key; 0 where there is none or it is not one.
    #[must_use]
    pub fn after(&self) -> i64 {
        self.cursor.as_deref().and_then(|c| c.parse().ok()).unwrap_or(0)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page out of up to `rows + 1` fetched rows: the extra one only tells that more follow.
    #[must_use]
    pub fn from_fetched(mut items: Vec<T>, rows: u32, key: impl Fn(&T) -> String) -> Self {
        let rows = rows as usize;
        let more = items.len() > rows;
        items.truncate(rows);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }
}
