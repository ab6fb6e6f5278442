//! What is where in a SQLite file besides b-trees: its header, the pages that say whose each page is (pointer map), the
//! list of free pages, the page that is never used. Pure, like `page`.

use super::page::{Dead, PAGE_BYTES_MAX, Wrong, u32_at};
use domain::erasure::DeadKind;

/// The byte at which SQLite takes its locks on other systems; the page that holds it is never used.
const PENDING_BYTE: u32 = 0x4000_0000;
/// Bytes of an entry of the pointer map: what the page is, and whose.
const ENTRY: u32 = 5;

/// The header of a file: the first 100 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of a page.
    pub(crate) page_bytes: usize,
    /// Pages of the file, where the header says so.
    pub(crate) pages: Option<u32>,
    /// The first page of the list of free pages; 0: there are none.
    pub(crate) free_first: u32,
    /// How many free pages there are.
    pub(crate) free: u32,
    /// Whether the file has a pointer map.
    pub(crate) mapped: bool,
}

impl Header {
    /// Reads it.
    ///
    /// # Errors
    /// It is not the header of a file that Lethe makes.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        if !bytes.starts_with(b"SQLite format 3\0") || bytes.len() < 100 {
            return Err("it does not begin like a SQLite file");
        }
        let page_bytes = match usize::from(u16::from_be_bytes([bytes[16], bytes[17]])) {
            1 => PAGE_BYTES_MAX,
            bytes => bytes,
        };
        if !page_bytes.is_power_of_two() || !(512..=PAGE_BYTES_MAX).contains(&page_bytes) {
            return Err("its pages have an impossible size");
        }
        if bytes[20] != 0 {
            return Err(
                "its pages end with bytes that are set aside for an extension, which Lethe never does",
            );
        }
        // The number of pages holds where it was written together with the last change.
        let fresh = u32_at(bytes, 24)? == u32_at(bytes, 92)?;
        Ok(Self {
            page_bytes,
            pages: Some(u32_at(bytes, 28)?).filter(|pages| fresh && *pages > 0),
            free_first: u32_at(bytes, 32)?,
            free: u32_at(bytes, 36)?,
            mapped: u32_at(bytes, 52)? != 0,
        })
    }
}

/// The arithmetic of a file with pages of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    page_bytes: u32,
}

/// What a pointer map says of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The root of a b-tree, or a b-tree page below another.
    Btree,
    /// On the list of free pages.
    Free,
    /// The first page of a payload that goes on from a cell of this b-tree page.
    FirstOf(u32),
    /// A further page of a payload, behind this one.
    After(u32),
}

impl Geometry {
    /// For pages of this size.
    #[must_use]
    pub(crate) fn of(page_bytes: usize) -> Self {
        Self {
            page_bytes: u32::try_from(page_bytes).unwrap_or(u32::MAX).max(512),
        }
    }

    /// The page that is never used.
    #[must_use]
    pub(crate) const fn pending(self) -> u32 {
        PENDING_BYTE / self.page_bytes + 1
    }

    /// Pages that one page of the pointer map speaks of.
    const fn mapped(self) -> u32 {
        self.page_bytes / ENTRY
    }

    /// The page of the pointer map that speaks of `page`; itself, where it is one. Page 1 has none and is given 2.
    #[must_use]
    pub(crate) const fn map_of(self, page: u32) -> u32 {
        let group = page.saturating_sub(2) / (self.mapped() + 1);
        let map = group.saturating_mul(self.mapped() + 1).saturating_add(2);
        // SQLite moves the map behind the page that is never used.
        if map == self.pending() { map + 1 } else { map }
    }

    /// The last page of the group of pages that one page of the pointer map speaks of.
    #[must_use]
    pub(crate) const fn group_end(self, page: u32) -> u32 {
        let group = page.saturating_sub(2) / (self.mapped() + 1);
        group
            .saturating_add(1)
            .saturating_mul(self.mapped() + 1)
            .saturating_add(1)
    }

    /// Whether it is a page of the pointer map, in a file that has one.
    #[must_use]
    pub(crate) const fn is_map(self, page: u32) -> bool {
        page > 1 && self.map_of(page) == page
    }

    /// What a page of the pointer map says of a page of its group.
    ///
    /// # Errors
    /// It says nothing that makes sense.
    pub(crate) fn owner(self, map: &[u8], page: u32) -> Result<Owner, Wrong> {
        let nothing = "the pointer map does not say what it is";
        let nth = page.checked_sub(self.map_of(page) + 1).ok_or(nothing)?;
        let at = usize::try_from(nth * ENTRY).map_err(|_| nothing)?;
        let whose = u32_at(map, at + 1)?;
        match map.get(at) {
            Some(1 | 5) => Ok(Owner::Btree),
            Some(2) => Ok(Owner::Free),
            Some(3) => Ok(Owner::FirstOf(whose)),
            Some(4) => Ok(Owner::After(whose)),
            _ => Err(nothing),
        }
    }
}

/// A page of the list of free pages: the next one, and the free pages that it names.
///
/// # Errors
/// It names more than it can.
pub(crate) fn trunk(page: &[u8]) -> Result<(u32, impl Iterator<Item = u32> + '_), Wrong> {
    let (next, count) = (u32_at(page, 0)?, u32_at(page, 4)?);
    let end = usize::try_from(count)
        .ok()
        .and_then(|count| count.checked_mul(4)?.checked_add(8))
        .filter(|end| *end <= page.len())
        .ok_or("it names more free pages than it can")?;
    let leaves = page[8..end]
        .chunks_exact(4)
        .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
    Ok((next, leaves))
}

/// What is dead on a page of the list of free pages: all behind the names.
#[must_use]
pub(crate) fn trunk_rest(page: &[u8]) -> Dead {
    let named = u32_at(page, 4).map_or(0, |count| count as usize * 4);
    Dead {
        from: (8 + named).min(page.len()),
        to: page.len(),
        kind: DeadKind::Freelist,
    }
}

/// What is dead on a page that is free.
#[must_use]
pub(crate) fn whole(page: &[u8]) -> Dead {
    Dead {
        from: 0,
        to: page.len(),
        kind: DeadKind::Freelist,
    }
}

/// What is dead on the last page of a payload, of which `left` bytes are on it.
#[must_use]
pub(crate) fn tail(page: &[u8], left: u64) -> Dead {
    let used = usize::try_from(left).unwrap_or(usize::MAX).saturating_add(4);
    Dead {
        from: used.min(page.len()),
        to: page.len(),
        kind: DeadKind::OverflowTail,
    }
}

/// What is dead on a page of the pointer map: the few bytes that make no whole entry.
#[must_use]
pub(crate) fn map_rest(page: &[u8]) -> Dead {
    Dead {
        from: page.len() / ENTRY as usize * ENTRY as usize,
        to: page.len(),
        kind: DeadKind::Fragment,
    }
}
