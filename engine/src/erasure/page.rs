//! One b-tree page of a SQLite file, taken apart by the published file format: which of its bytes are live, and which are
//! dead. Pure: takes bytes, gives ranges; knows no file and no database. Whatever the bytes are, it answers or says what is
//! wrong; it never panics.
//!
//! Source of every offset and formula: the file format document of SQLite, chapter "B-tree Pages" and "Cell Payload
//! Overflow Pages". Pages have no bytes set aside at their end (Lethe makes no others; `header` refuses them).

use domain::erasure::DeadKind;

/// Bytes of the file's own header, which stand before the b-tree header of page 1.
pub(crate) const FILE_HEADER: usize = 100;
/// The greatest page of the format.
pub(crate) const PAGE_BYTES_MAX: usize = 65_536;
/// The longest payload that SQLite writes.
const PAYLOAD_MAX: u64 = 0x7fff_ffff;
/// Bytes that a cell takes up at least.
const CELL_MIN: usize = 4;

/// What is wrong with a page, the middle of a sentence.
pub(crate) type Wrong = &'static str;

/// A dead range of a page: `from` inclusive, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dead {
    /// The first byte.
    pub(crate) from: usize,
    /// The byte behind the last.
    pub(crate) to: usize,
    /// What kind.
    pub(crate) kind: DeadKind,
}

/// A payload that goes on in pages of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow {
    /// The first of them.
    pub(crate) first: u32,
    /// Bytes that are in them.
    pub(crate) bytes: u64,
}

/// What kind of b-tree page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keys of an index or of a table without row ids, and children.
    IndexInterior,
    /// Row ids and children.
    TableInterior,
    /// Entries of an index, or rows of a table without row ids.
    IndexLeaf,
    /// Rows.
    #[default]
    TableLeaf,
}

impl Kind {
    const fn of(byte: u8) -> Option<Self> {
        match byte {
            2 => Some(Self::IndexInterior),
            5 => Some(Self::TableInterior),
            10 => Some(Self::IndexLeaf),
            13 => Some(Self::TableLeaf),
            _ => None,
        }
    }

    /// Whether it has no children.
    #[must_use]
    pub(crate) const fn leaf(self) -> bool {
        matches!(self, Self::IndexLeaf | Self::TableLeaf)
    }

    /// Payload bytes that a page of `page_bytes` keeps of a cell at most, and of a longer one at least.
    const fn local(self, page_bytes: usize) -> (u64, u64) {
        let usable = page_bytes as u64;
        let least = (usable - 12) * 32 / 255 - 23;
        match self {
            Self::TableLeaf | Self::TableInterior => (usable - 35, least),
            Self::IndexLeaf | Self::IndexInterior => ((usable - 12) * 64 / 255 - 23, least),
        }
    }
}

/// A b-tree page taken apart. Reused from page to page, so that reading a file allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Btree {
    /// What kind.
    pub(crate) kind: Kind,
    /// Where each cell's payload begins, how much of it is on this page, and how long it is in all.
    pub(crate) payloads: Vec<(usize, usize, u64)>,
    /// The children, left to right; none on a leaf.
    pub(crate) children: Vec<u32>,
    /// Payloads that go on elsewhere.
    pub(crate) overflow: Vec<Overflow>,
    /// The dead ranges, in no order.
    pub(crate) dead: Vec<Dead>,
    taken: Taken,
}

impl Btree {
    /// Takes a page apart; `first` for page 1, which begins with the header of the file.
    ///
    /// # Errors
    /// What is wrong with it, where it is no sound b-tree page.
    pub(crate) fn read(&mut self, page: &[u8], first: bool) -> Result<(), Wrong> {
        self.payloads.clear();
        self.children.clear();
        self.overflow.clear();
        self.dead.clear();
        if !(512..=PAGE_BYTES_MAX).contains(&page.len()) {
            return Err("it has an impossible size");
        }
        let at = if first { FILE_HEADER } else { 0 };
        self.kind = Kind::of(page[at]).ok_or("it is no b-tree page")?;
        let cells = usize::from(u16_at(page, at + 3)?);
        let content = match usize::from(u16_at(page, at + 5)?) {
            0 => PAGE_BYTES_MAX,
            at => at,
        };
        let pointers = at + if self.kind.leaf() { 8 } else { 12 };
        let head = pointers + 2 * cells;
        if head > content || content > page.len() {
            return Err("its rows begin before its list of rows ends");
        }
        self.taken.reset(page.len());
        // All before the rows is settled: header, list of rows, gap.
        self.taken.take(0, content);
        self.dead(head, content, DeadKind::Gap);
        for cell in 0..cells {
            let start = usize::from(u16_at(page, pointers + 2 * cell)?);
            self.cell(page, start, content)?;
        }
        if !self.kind.leaf() {
            self.children.push(u32_at(page, at + 8)?);
        }
        self.freeblocks(page, usize::from(u16_at(page, at + 1)?))?;
        self.fragments(content, page.len(), usize::from(page[at + 7]))
    }

    fn dead(&mut self, from: usize, to: usize, kind: DeadKind) {
        if from < to {
            self.dead.push(Dead { from, to, kind });
        }
    }

    fn cell(&mut self, page: &[u8], start: usize, content: usize) -> Result<(), Wrong> {
        if start < content {
            return Err("a row begins outside the space for rows");
        }
        let mut at = start;
        if !self.kind.leaf() {
            self.children.push(u32_at(page, at)?);
            at += 4;
        }
        let mut end = at;
        if self.kind == Kind::TableInterior {
            end += varint(page, at)?.1;
        } else {
            let (payload, n) = varint(page, at)?;
            end += n;
            if self.kind == Kind::TableLeaf {
                end += varint(page, end)?.1;
            }
            end = self.payload(page, end, payload)?;
        }
        let whole = end.max(start + CELL_MIN);
        if whole > page.len() {
            return Err("a row reaches past the end of the page");
        }
        if !self.taken.take(start, whole) {
            return Err("two rows lie over each other");
        }
        self.dead(end, whole, DeadKind::Fragment);
        Ok(())
    }

    /// The payload that begins at `at`; gives where the cell ends.
    fn payload(&mut self, page: &[u8], at: usize, payload: u64) -> Result<usize, Wrong> {
        if payload > PAYLOAD_MAX {
            return Err("a row is longer than any row can be");
        }
        let (most, least) = self.kind.local(page.len());
        let spill = page.len() as u64 - 4;
        let local = if payload <= most {
            payload
        } else {
            let kept = least + (payload - least) % spill;
            if kept <= most { kept } else { least }
        };
        // Below the page's own size, so it fits.
        let local_bytes = usize::try_from(local).map_err(|_| "a row is longer than its page")?;
        let mut end = at + local_bytes;
        if end > page.len() {
            return Err("a row reaches past the end of the page");
        }
        self.payloads.push((at, local_bytes, payload));
        if local < payload {
            self.overflow.push(Overflow {
                first: u32_at(page, end)?,
                bytes: payload - local,
            });
            end += 4;
        }
        Ok(end)
    }

    fn freeblocks(&mut self, page: &[u8], first: usize) -> Result<(), Wrong> {
        let mut at = first;
        let mut floor = 0;
        while at != 0 {
            if at < floor {
                return Err("its holes are out of order");
            }
            let (next, bytes) = (usize::from(u16_at(page, at)?), usize::from(u16_at(page, at + 2)?));
            let end = at + bytes;
            if bytes < 4 || end > page.len() || !self.taken.take(at, end) {
                return Err("a hole lies over something else");
            }
            self.dead(at + 4, end, DeadKind::Freeblock);
            floor = end;
            at = next;
        }
        Ok(())
    }

    /// What is left over between rows and holes: the page's own count of it must agree.
    fn fragments(&mut self, from: usize, to: usize, counted: usize) -> Result<(), Wrong> {
        let mut found = 0;
        let mut at = from;
        while let Some((start, end)) = self.taken.free_after(at, to) {
            found += end - start;
            self.dead.push(Dead {
                from: start,
                to: end,
                kind: DeadKind::Fragment,
            });
            at = end;
        }
        if found == counted {
            Ok(())
        } else {
            Err("its rows and holes do not fill it")
        }
    }
}

/// Which bytes of a page are spoken for, a bit each.
#[derive(Debug, Default)]
struct Taken {
    words: Vec<u64>,
}

impl Taken {
    fn reset(&mut self, bytes: usize) {
        self.words.clear();
        self.words.resize(bytes.div_ceil(64), 0);
    }

    /// Takes `from..to`, which lies in the page. False where a part of it is taken already.
    fn take(&mut self, from: usize, to: usize) -> bool {
        if from >= to {
            return true;
        }
        let (first, last) = (from / 64, (to - 1) / 64);
        let head = u64::MAX << (from % 64);
        let tail = u64::MAX >> (63 - (to - 1) % 64);
        let mut clash = 0;
        for (at, word) in self.words.iter_mut().enumerate().take(last + 1).skip(first) {
            let mut mask = u64::MAX;
            if at == first {
                mask &= head;
            }
            if at == last {
                mask &= tail;
            }
            clash |= *word & mask;
            *word |= mask;
        }
        clash == 0
    }

    /// The next range at or after `from` that nobody took, up to `to`.
    fn free_after(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let start = self.next(from, to, false)?;
        Some((start, self.next(start, to, true).unwrap_or(to)))
    }

    /// The first bit at or after `from` that is `set`.
    fn next(&self, from: usize, to: usize, set: bool) -> Option<usize> {
        let mut at = from / 64;
        let mut skip = from % 64;
        while at < self.words.len() {
            let word = if set { self.words[at] } else { !self.words[at] };
            let word = word >> skip << skip;
            if word != 0 {
                let found = at * 64 + word.trailing_zeros() as usize;
                return (found < to).then_some(found);
            }
            skip = 0;
            at += 1;
        }
        None
    }
}

/// Two bytes, big end first.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Wrong> {
    let two = bytes.get(at..at + 2).ok_or(CUT)?;
    Ok(u16::from_be_bytes([two[0], two[1]]))
}

/// Four bytes, big end first.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Wrong> {
    let four = bytes.get(at..at + 4).ok_or(CUT)?;
    Ok(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

const CUT: Wrong = "something on it reaches past its end";

/// A number of one to nine bytes, and how many they are.
pub(super) fn varint(bytes: &[u8], at: usize) -> Result<(u64, usize), Wrong> {
    let rest = bytes.get(at..).ok_or(CUT)?;
    let mut value = 0;
    for (n, byte) in rest.iter().take(9).enumerate() {
        if n == 8 {
            return Ok((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok((value, n + 1));
        }
    }
    Err(CUT)
}

/// How many of these bytes are not zero. Nearly always none are, and that is found a block at a time.
#[must_use]
pub(crate) fn not_zero(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let clean = |block: &[u8]| block.iter().fold(0, |seen, byte| seen | byte) == 0;
    if clean(rest) && blocks.iter().all(|block| clean(block)) {
        return 0;
    }
    bytes.iter().filter(|byte| **byte != 0).count()
}
