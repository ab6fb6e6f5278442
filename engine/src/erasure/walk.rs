//! Accounts for every page of a file, exactly once, and for every dead byte of it: which table's it is, and whether it is
//! zero. Reads pages and nothing else; knows no database, so that it cannot be wrong in the same way.
//!
//! 1. The header, the pointer map's pages, the page that is never used, the list of free pages.
//! 2. The schema, read from its own b-tree; then the inner pages of every b-tree, which say whose each leaf is.
//! 3. All leaves and free pages in the order of the file, on two threads; payloads that go on elsewhere with their leaf.
//! 4. A page that nothing led to, or two things did, is damage.

use super::{
    layout::{self, Geometry, Header},
    page::{Btree, Dead, Overflow, not_zero},
    schema::{self, Root},
};
use domain::erasure::DeadBytes;
use std::{
    fmt, io,
    sync::atomic::{AtomicU16, AtomicU32, Ordering},
    thread,
};

/// Bytes read in one go.
const RUN_BYTES: usize = 1 << 20;
/// Threads that read.
const THREADS: usize = 2;
/// The deepest tree; 20 levels would hold more than any file can.
const DEPTH_MAX: usize = 20;

/// Where pages come from.
pub(super) trait Source: Sync {
    /// How many there are.
    fn pages(&self) -> u32;
    /// Reads `into.len()` bytes: whole pages, from `first` on.
    fn read(&self, first: u32, into: &mut [u8]) -> io::Result<()>;
}

/// Why a file could not be accounted for.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It could not be read.
    Io(io::Error),
    /// It is damaged: the page, and what is wrong with it.
    Damage(u32, String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "it cannot be read: {error}"),
            Self::Damage(page, what) => write!(f, "page {page} is damaged: {what}"),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) type Walked<T> = Result<T, Trouble>;

pub(super) fn damage<T>(page: u32, what: impl Into<String>) -> Walked<T> {
    Err(Trouble::Damage(page, what.into()))
}

/// What was found in one table, its indexes included; or in what is of no table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Pages.
    pub(crate) pages: u64,
    /// Of these, pages of payloads that go on elsewhere.
    pub(crate) overflow_pages: u64,
    /// Dead bytes that are not zero.
    pub(crate) dead: DeadBytes,
}

impl Found {
    fn add(&mut self, other: &Self) {
        self.pages += other.pages;
        self.overflow_pages += other.overflow_pages;
        self.dead.add_all(&other.dead);
    }

    fn look(&mut self, page: &[u8], dead: &[Dead]) {
        for range in dead {
            let bytes = not_zero(&page[range.from..range.to]);
            self.dead.add(range.kind, bytes as i64);
        }
    }
}

/// What a whole file came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    /// Pages of the file.
    pub(crate) pages: u64,
    /// Bytes of a page.
    pub(crate) page_bytes: u64,
    /// By table, in the order of the schema.
    pub(crate) tables: Vec<(String, Found)>,
    /// Free pages.
    pub(crate) free: Found,
    /// Pages of the pointer map, and the page that is never used.
    pub(crate) structure: Found,
}

/// A page that nothing has led to yet.
const NOBODYS: u16 = 0;
/// A page that has been looked at.
const DONE: u16 = 1;
/// A free page that is still to be looked at.
const FREE: u16 = 2;
/// A leaf of the first table that is still to be looked at; those of the next tables follow.
const LEAF: u16 = 3;

/// A walk under way.
struct Walk<'a, S> {
    source: &'a S,
    at: Geometry,
    page_bytes: usize,
    whose: Vec<AtomicU16>,
}

/// Accounts for a file.
///
/// # Errors
/// It cannot be read or is damaged.
pub(super) fn account(source: &impl Source) -> Walked<Account> {
    let mut head = [0; 512];
    source.read(1, &mut head)?;
    let header = Header::read(&head).or_else(|what| damage(1, what))?;
    let walk = Walk {
        source,
        at: Geometry::of(header.page_bytes),
        page_bytes: header.page_bytes,
        whose: (0..=source.pages()).map(|_| AtomicU16::new(NOBODYS)).collect(),
    };
    let mut account = Account {
        pages: u64::from(source.pages()),
        page_bytes: header.page_bytes as u64,
        ..Account::default()
    };
    if header.pages.is_some_and(|pages| pages > source.pages()) {
        return damage(1, "the file is shorter than its header says");
    }
    walk.structure(header.mapped, &mut account.structure)?;
    walk.freelist(&header, &mut account.free)?;
    let roots = schema::roots(source, header.page_bytes)?;
    let tables = schema::tables(&roots);
    if tables.len() >= usize::from(u16::MAX - LEAF) {
        return damage(1, "it has more tables than can be told apart");
    }
    let mut found = vec![Found::default(); tables.len()];
    for root in &roots {
        let table = tables.iter().position(|name| *name == root.table).unwrap_or(0);
        walk.inner(root, table, &mut found[table])?;
    }
    // What lies behind the last page that the header counts belongs to nothing.
    for page in header.pages.unwrap_or(source.pages()) + 1..=source.pages() {
        walk.claim(page, FREE)?;
    }
    walk.leaves(&mut found, &mut account.free)?;
    for (page, whose) in (1..).zip(walk.whose.iter().skip(1)) {
        if whose.load(Ordering::Relaxed) == NOBODYS {
            return damage(page, "it belongs to nothing");
        }
    }
    account.tables = tables.into_iter().zip(found).collect();
    Ok(account)
}

impl<S: Source> Walk<'_, S> {
    /// A page has been found to be something: it can be that once only.
    fn claim(&self, page: u32, what: u16) -> Walked<()> {
        match self.whose.get(page as usize) {
            Some(whose) if page > 0 => match whose.swap(what, Ordering::Relaxed) {
                NOBODYS => Ok(()),
                _ => damage(page, "two things claim it"),
            },
            _ => damage(page, "it is named, but the file ends before it"),
        }
    }

    fn read(&self, page: u32, into: &mut [u8]) -> Walked<()> {
        if page == 0 || page > self.source.pages() {
            return damage(page, "it is named, but the file ends before it");
        }
        Ok(self.source.read(page, into)?)
    }

    fn structure(&self, mapped: bool, found: &mut Found) -> Walked<()> {
        let mut page = vec![0; self.page_bytes];
        let pending = self.at.pending();
        if pending <= self.source.pages() {
            self.claim(pending, DONE)?;
            self.read(pending, &mut page)?;
            found.pages += 1;
            found.look(&page, &[layout::whole(&page)]);
        }
        let mut map = if mapped { self.at.map_of(2) } else { u32::MAX };
        while map <= self.source.pages() {
            self.claim(map, DONE)?;
            self.read(map, &mut page)?;
            found.pages += 1;
            found.look(&page, &[layout::map_rest(&page)]);
            map = self.at.map_of(self.at.group_end(map).saturating_add(1));
        }
        Ok(())
    }

    fn freelist(&self, header: &Header, found: &mut Found) -> Walked<()> {
        let mut page = vec![0; self.page_bytes];
        let (mut next, mut pages) = (header.free_first, 0_u32);
        while next != 0 {
            let trunk = next;
            self.claim(trunk, DONE)?;
            self.read(trunk, &mut page)?;
            found.pages += 1;
            found.look(&page, &[layout::trunk_rest(&page)]);
            let (after, leaves) = layout::trunk(&page).or_else(|what| damage(trunk, what))?;
            pages += 1;
            for leaf in leaves {
                self.claim(leaf, FREE)?;
                pages += 1;
            }
            next = after;
        }
        if pages == header.free {
            Ok(())
        } else {
            damage(1, "the list of free pages is not as long as its header says")
        }
    }

    /// The inner pages of one b-tree, and whose its leaves are.
    fn inner(&self, root: &Root, table: usize, found: &mut Found) -> Walked<()> {
        let leaf = u16::try_from(table).map_or(LEAF, |table| LEAF + table);
        let depth = self.depth(root.page)?;
        let mut page = vec![0; self.page_bytes];
        let mut tree = Btree::default();
        let mut open = vec![(root.page, 0)];
        while let Some((at, level)) = open.pop() {
            if level == depth {
                self.claim(at, leaf)?;
                continue;
            }
            self.claim(at, DONE)?;
            self.read(at, &mut page)?;
            tree.read(&page, at == 1).or_else(|what| damage(at, what))?;
            if tree.kind.leaf() {
                return damage(at, "its tree is not equally deep everywhere");
            }
            found.pages += 1;
            found.look(&page, &tree.dead);
            for overflow in &tree.overflow {
                self.overflow(at, overflow, found, &mut vec![0; self.page_bytes])?;
            }
            open.extend(tree.children.iter().map(|child| (*child, level + 1)));
        }
        Ok(())
    }

    /// Levels above the leaves: a b-tree is equally deep everywhere.
    fn depth(&self, root: u32) -> Walked<usize> {
        let mut page = vec![0; self.page_bytes];
        let mut tree = Btree::default();
        let mut at = root;
        for depth in 0..DEPTH_MAX {
            self.read(at, &mut page)?;
            tree.read(&page, at == 1).or_else(|what| damage(at, what))?;
            match tree.children.first() {
                Some(child) => at = *child,
                None => return Ok(depth),
            }
        }
        damage(root, "its tree has no end")
    }

    /// The pages of one payload, and the dead bytes behind its end.
    fn overflow(&self, owner: u32, overflow: &Overflow, found: &mut Found, page: &mut [u8]) -> Walked<()> {
        let (mut next, mut left) = (overflow.first, overflow.bytes);
        let room = self.page_bytes as u64 - 4;
        while left > 0 {
            if next == 0 {
                return damage(owner, "a long row of it ends too early");
            }
            let at = next;
            self.claim(at, DONE)?;
            self.read(at, page)?;
            found.pages += 1;
            found.overflow_pages += 1;
            next = u32::from_be_bytes([page[0], page[1], page[2], page[3]]);
            found.look(page, &[layout::tail(page, left)]);
            left = left.saturating_sub(room);
        }
        if next == 0 {
            Ok(())
        } else {
            damage(owner, "a long row of it goes on behind its end")
        }
    }

    /// Leaves and free pages, in the order of the file.
    fn leaves(&self, found: &mut [Found], free: &mut Found) -> Walked<()> {
        let next = AtomicU32::new(1);
        let done = thread::scope(|scope| {
            let readers: Vec<_> = (0..THREADS)
                .map(|_| scope.spawn(|| self.some_leaves(found.len(), &next)))
                .collect();
            readers
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        for one in done {
            let (tables, freed) = one.unwrap_or_else(|_| damage(0, "a reader broke off"))?;
            for (all, some) in found.iter_mut().zip(&tables) {
                all.add(some);
            }
            free.add(&freed);
        }
        Ok(())
    }

    /// Takes one run of pages after the other until none is left.
    fn some_leaves(&self, tables: usize, next: &AtomicU32) -> Walked<(Vec<Found>, Found)> {
        let mut found = vec![Found::default(); tables];
        let mut free = Found::default();
        let run = (RUN_BYTES / self.page_bytes).max(1);
        let mut bytes = vec![0; run * self.page_bytes];
        let mut spare = vec![0; self.page_bytes];
        let mut tree = Btree::default();
        let step = u32::try_from(run).unwrap_or(1);
        loop {
            let first = next.fetch_add(step, Ordering::Relaxed);
            if first > self.source.pages() {
                return Ok((found, free));
            }
            let wanted = |page: u32| self.whose[page as usize].load(Ordering::Relaxed) >= FREE;
            let end = self.source.pages().min(first.saturating_add(step - 1));
            if !(first..=end).any(wanted) {
                continue;
            }
            let bytes = &mut bytes[..(end - first + 1) as usize * self.page_bytes];
            self.source.read(first, bytes)?;
            for (at, page) in (first..).zip(bytes.chunks_exact(self.page_bytes)) {
                let whose = &self.whose[at as usize];
                match whose.load(Ordering::Relaxed) {
                    NOBODYS | DONE => continue,
                    FREE => {
                        free.pages += 1;
                        free.look(page, &[layout::whole(page)]);
                    }
                    table => {
                        let found = &mut found[usize::from(table - LEAF)];
                        self.leaf(at, page, &mut tree, found, &mut spare)?;
                    }
                }
                whose.store(DONE, Ordering::Relaxed);
            }
        }
    }

    fn leaf(
        &self,
        at: u32,
        page: &[u8],
        tree: &mut Btree,
        found: &mut Found,
        spare: &mut [u8],
    ) -> Walked<()> {
        tree.read(page, at == 1).or_else(|what| damage(at, what))?;
        if !tree.kind.leaf() {
            return damage(at, "its tree is not equally deep everywhere");
        }
        found.pages += 1;
        found.look(page, &tree.dead);
        for overflow in &tree.overflow {
            self.overflow(at, overflow, found, spare)?;
        }
        Ok(())
    }
}
