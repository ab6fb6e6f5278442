//! Looks at pages and wipes them. What a page is, its pointer map says: so every page can be judged by itself, in any state
//! of the file that a connection sees, whatever writers do between two looks.

use crate::{
    erasure::{
        layout::{self, Geometry, Owner},
        page::{Btree, Dead, Wrong, not_zero},
    },
    error::{Error, Result},
    store::{Conn, pages},
};
use domain::erasure::DeadBytes;
use std::collections::{HashMap, HashSet};

/// Pages that are read, or written, with one statement.
const AT_ONCE: usize = 64;
/// Pages of one payload at most: more would hold more than SQLite's longest row.
const HOPS_MAX: u64 = 1 << 22;

/// What pages were found to be.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Bytes that were looked at.
    pub(crate) bytes: i64,
    /// Pages with dead bytes that are not zero.
    pub(crate) hits: Vec<u32>,
}

/// What was wiped.
#[derive(Debug, Default)]
pub(crate) struct Wiped {
    /// Pages that were written anew.
    pub(crate) pages: i64,
    /// Dead bytes that were not zero before.
    pub(crate) bytes: DeadBytes,
    /// How long the write lock was held for it, milliseconds.
    pub(crate) lock_ms: i64,
}

/// Judges pages in one state of the file: made anew for every transaction.
#[derive(Debug)]
pub(crate) struct Judge {
    page_bytes: usize,
    at: Geometry,
    tree: Btree,
    maps: HashMap<u32, Vec<u8>>,
    trunks: Option<HashSet<u32>>,
}

fn wrong(page: u32) -> impl Fn(Wrong) -> Error {
    move |what| Error::Corrupt(format!("page {page}: {what}"))
}

fn dead_bytes(bytes: &[u8], dead: &[Dead]) -> usize {
    let ranges = dead.iter().map(|range| not_zero(&bytes[range.from..range.to]));
    ranges.sum()
}

impl Judge {
    pub(crate) fn new(page_bytes: usize) -> Self {
        Self {
            page_bytes,
            at: Geometry::of(page_bytes),
            tree: Btree::default(),
            maps: HashMap::new(),
            trunks: None,
        }
    }

    /// The last page that one page of the pointer map speaks of: what is looked at in one go.
    pub(crate) const fn group_end(&self, page: u32) -> u32 {
        self.at.group_end(page)
    }

    /// Looks at the pages from `first` to `last`, which are of one group.
    pub(crate) async fn range(&mut self, conn: &mut Conn, first: u32, last: u32) -> Result<Seen> {
        let mut seen = Seen::default();
        // What needs other pages to be judged comes after: the connection can do one thing at a time.
        let mut later = Vec::new();
        let map = self.map(conn, self.at.map_of(first)).await?;
        let (at, tree) = (self.at, &mut self.tree);
        pages::each(conn, first, last, |page, bytes| {
            seen.bytes += bytes.len() as i64;
            let owner = if page == 1 {
                Owner::Btree
            } else if at.is_map(page) || page == at.pending() {
                later.push(page);
                return Ok(());
            } else {
                at.owner(&map, page).map_err(wrong(page))?
            };
            match owner {
                Owner::Btree => {
                    tree.read(bytes, page == 1).map_err(wrong(page))?;
                    if dead_bytes(bytes, &tree.dead) > 0 {
                        seen.hits.push(page);
                    }
                }
                Owner::Free if not_zero(bytes) > 0 => later.push(page),
                // Only the last page of a payload can have anything behind its end.
                Owner::FirstOf(_) | Owner::After(_) if bytes.starts_with(&[0; 4]) => later.push(page),
                Owner::Free | Owner::FirstOf(_) | Owner::After(_) => {}
            }
            Ok(())
        })
        .await?;
        self.maps.insert(self.at.map_of(first), map);
        seen.hits.extend(self.list(conn, &later).await?.hits);
        Ok(seen)
    }

    /// Looks at single pages. One that is gone by now holds nothing.
    pub(crate) async fn list(&mut self, conn: &mut Conn, pages: &[u32]) -> Result<Seen> {
        let mut seen = Seen::default();
        for some in pages.chunks(AT_ONCE) {
            for (page, bytes) in pages::some(conn, some).await? {
                seen.bytes += bytes.len() as i64;
                let dead = self.dead(conn, page, &bytes).await?;
                if dead_bytes(&bytes, &dead) > 0 {
                    seen.hits.push(page);
                }
            }
        }
        Ok(seen)
    }

    /// Wipes pages. In a transaction that holds the write lock.
    pub(crate) async fn wipe(&mut self, conn: &mut Conn, pages: &[u32]) -> Result<Wiped> {
        let mut wiped = Wiped::default();
        for some in pages.chunks(AT_ONCE) {
            let mut clean = Vec::new();
            let mut bytes = Vec::with_capacity(some.len() * self.page_bytes);
            for (page, before) in pages::some(conn, some).await? {
                let dead = self.dead(conn, page, &before).await?;
                if dead_bytes(&before, &dead) == 0 {
                    continue;
                }
                let mut after = before.clone();
                for range in &dead {
                    let bytes = &mut after[range.from..range.to];
                    wiped.bytes.add(range.kind, not_zero(bytes) as i64);
                    bytes.fill(0);
                }
                self.same_but_clean(conn, page, &before, &after, dead).await?;
                clean.push(page);
                bytes.append(&mut after);
            }
            wiped.pages += clean.len() as i64;
            if !clean.is_empty() {
                pages::put(conn, &clean, bytes, self.page_bytes).await?;
            }
        }
        Ok(wiped)
    }

    /// Taken apart anew, the page must have the same dead ranges, all of them zero, and the same bytes between them.
    async fn same_but_clean(
        &mut self,
        conn: &mut Conn,
        page: u32,
        before: &[u8],
        after: &[u8],
        mut dead: Vec<Dead>,
    ) -> Result<()> {
        let mut again = self.dead(conn, page, after).await?;
        again.sort_unstable_by_key(|range| range.from);
        dead.sort_unstable_by_key(|range| range.from);
        let mut at = 0;
        let mut same = again == dead && before.len() == after.len() && dead_bytes(after, &dead) == 0;
        for range in &dead {
            same = same && at <= range.from && before[at..range.from] == after[at..range.from];
            at = range.to;
        }
        if same && before[at..] == after[at..] {
            Ok(())
        } else {
            Err(Error::Corrupt(format!(
                "page {page} would not be the same after wiping"
            )))
        }
    }

    /// The dead ranges of a page.
    async fn dead(&mut self, conn: &mut Conn, page: u32, bytes: &[u8]) -> Result<Vec<Dead>> {
        if page == self.at.pending() {
            return Ok(vec![layout::whole(bytes)]);
        }
        if self.at.is_map(page) {
            return Ok(vec![layout::map_rest(bytes)]);
        }
        match self.owner(conn, page).await? {
            Owner::Btree => {
                self.tree.read(bytes, page == 1).map_err(wrong(page))?;
                Ok(self.tree.dead.clone())
            }
            Owner::Free if self.trunk(conn, page).await? => Ok(vec![layout::trunk_rest(bytes)]),
            Owner::Free => Ok(vec![layout::whole(bytes)]),
            Owner::FirstOf(_) | Owner::After(_) if !bytes.starts_with(&[0; 4]) => Ok(Vec::new()),
            Owner::FirstOf(_) | Owner::After(_) => {
                let left = self.left(conn, page).await?;
                let tail = layout::tail(bytes, left);
                Ok(if tail.from < tail.to {
                    vec![tail]
                } else {
                    Vec::new()
                })
            }
        }
    }

    async fn owner(&mut self, conn: &mut Conn, page: u32) -> Result<Owner> {
        if page == 1 {
            return Ok(Owner::Btree);
        }
        let of = self.at.map_of(page);
        let map = self.map(conn, of).await?;
        let owner = self.at.owner(&map, page).map_err(wrong(page));
        self.maps.insert(of, map);
        owner
    }

    /// A page of the pointer map, taken out of what was read already.
    async fn map(&mut self, conn: &mut Conn, page: u32) -> Result<Vec<u8>> {
        match self.maps.remove(&page) {
            Some(map) => Ok(map),
            None => whole(conn, page).await,
        }
    }

    /// Whether a free page is one of those that name the others.
    async fn trunk(&mut self, conn: &mut Conn, page: u32) -> Result<bool> {
        if self.trunks.is_none() {
            let head = whole(conn, 1).await?;
            let header = layout::Header::read(&head).map_err(wrong(1))?;
            let mut trunks = HashSet::new();
            let mut next = header.free_first;
            while next != 0 && trunks.insert(next) {
                let bytes = whole(conn, next).await?;
                next = layout::trunk(&bytes).map_err(wrong(next))?.0;
            }
            self.trunks = Some(trunks);
        }
        Ok(self.trunks.as_ref().is_some_and(|trunks| trunks.contains(&page)))
    }

    /// Bytes of a payload that are on its last page: back to the row that it belongs to, which says how long it is.
    async fn left(&mut self, conn: &mut Conn, page: u32) -> Result<u64> {
        let mut at = page;
        let room = self.page_bytes as u64 - 4;
        for before in 0..HOPS_MAX {
            match self.owner(conn, at).await? {
                Owner::After(earlier) => at = earlier,
                Owner::FirstOf(row) => {
                    let bytes = whole(conn, row).await?;
                    self.tree.read(&bytes, row == 1).map_err(wrong(row))?;
                    let found = self.tree.overflow.iter().find(|overflow| overflow.first == at);
                    let left = found.and_then(|overflow| overflow.bytes.checked_sub(before * room));
                    return left
                        .filter(|left| (1..=room).contains(left))
                        .ok_or_else(|| wrong(page)("the row that it belongs to does not know it"));
                }
                Owner::Btree | Owner::Free => break,
            }
        }
        Err(wrong(page)("the row that it belongs to cannot be found"))
    }
}

/// A page that must be there.
async fn whole(conn: &mut Conn, page: u32) -> Result<Vec<u8>> {
    pages::one(conn, page)
        .await?
        .ok_or_else(|| wrong(page)("it is named, but the file ends before it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::erasure::DeadKind;

    #[test]
    fn dead_bytes_are_counted_over_all_ranges() {
        let range = |from, to| Dead {
            from,
            to,
            kind: DeadKind::Gap,
        };
        assert_eq!(dead_bytes(&[1, 0, 2, 3, 4], &[range(0, 2), range(4, 5)]), 2);
    }
}
