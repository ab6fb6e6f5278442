//! Which b-trees a file has, and whose they are: read from the pages of its schema, without a database.
//!
//! Source: the file format document of SQLite, chapters "Record Format" and "Storage Of The SQL Database Schema".

use super::{
    page::{Btree, varint},
    walk::{Source, Trouble, Walked, damage},
};

/// The table that holds the schema; its root is page 1.
const SCHEMA: &str = "sqlite_schema";
/// Pages of a schema at most: one that goes round in circles ends here.
const PAGES_MAX: usize = 10_000;
/// Bytes of one entry of a schema at most, so that a damaged length asks for no memory.
const ENTRY_MAX: u64 = 1 << 24;

/// The root of a b-tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    /// The table; of an index, the one that it belongs to.
    pub(super) table: String,
    /// The page.
    pub(super) page: u32,
}

/// Every table, once, in the order in which they come.
pub(super) fn tables(roots: &[Root]) -> Vec<String> {
    let mut tables: Vec<String> = Vec::new();
    for root in roots {
        if !tables.contains(&root.table) {
            tables.push(root.table.clone());
        }
    }
    tables
}

/// The roots of all b-trees of a file, that of the schema first.
pub(super) fn roots(source: &impl Source, page_bytes: usize) -> Walked<Vec<Root>> {
    let mut roots = vec![Root {
        table: SCHEMA.to_owned(),
        page: 1,
    }];
    let mut page = vec![0; page_bytes];
    let mut tree = Btree::default();
    let mut open = vec![1];
    for _ in 0..PAGES_MAX {
        let Some(at) = open.pop() else { return Ok(roots) };
        if at == 0 || at > source.pages() {
            return damage(at, "it is named, but the file ends before it");
        }
        source.read(at, &mut page)?;
        tree.read(&page, at == 1).or_else(|what| damage(at, what))?;
        // Right to left, for the left one is taken first.
        open.extend(tree.children.iter().rev());
        if !tree.kind.leaf() {
            continue;
        }
        let mut overflow = tree.overflow.iter();
        for (start, local, whole) in &tree.payloads {
            let mut payload = page[*start..*start + *local].to_vec();
            if (*local as u64) < *whole {
                let first = overflow.next().map_or(0, |overflow| overflow.first);
                follow(source, at, first, *whole, page_bytes, &mut payload)?;
            }
            if let Some(root) = entry(&payload)
                .ok_or(())
                .or_else(|()| damage(at, "an entry of the schema makes no sense"))?
            {
                roots.push(root);
            }
        }
    }
    damage(1, "the schema has no end")
}

/// Adds what of a payload is in pages of its own.
fn follow(
    source: &impl Source,
    owner: u32,
    first: u32,
    whole: u64,
    page_bytes: usize,
    payload: &mut Vec<u8>,
) -> Result<(), Trouble> {
    if whole > ENTRY_MAX {
        return damage(owner, "an entry of the schema is too long");
    }
    let mut page = vec![0; page_bytes];
    let mut next = first;
    while (payload.len() as u64) < whole {
        if next == 0 || next > source.pages() {
            return damage(owner, "an entry of the schema ends too early");
        }
        source.read(next, &mut page)?;
        next = u32::from_be_bytes([page[0], page[1], page[2], page[3]]);
        let left = usize::try_from(whole).unwrap_or(usize::MAX) - payload.len();
        payload.extend_from_slice(&page[4..][..left.min(page_bytes - 4)]);
    }
    Ok(())
}

/// One entry: type, name, table, root, text. `Some(None)` where it has no b-tree; `None` where it makes no sense.
fn entry(payload: &[u8]) -> Option<Option<Root>> {
    let (head, mut at) = varint(payload, 0).ok()?;
    let mut body = usize::try_from(head).ok()?;
    let mut table = None;
    for column in 0..4 {
        let (serial, n) = varint(payload, at).ok()?;
        at += n;
        let bytes = match serial {
            0 | 8 | 9 => 0,
            1..=4 => serial,
            5 => 6,
            6 | 7 => 8,
            12.. => (serial - 12) / 2,
            _ => return None,
        };
        let end = body.checked_add(usize::try_from(bytes).ok()?)?;
        let value = payload.get(body..end)?;
        body = end;
        match column {
            2 => table = Some(String::from_utf8_lossy(value).into_owned()),
            3 => return Some(root(serial, value).and_then(|page| Some(Root { table: table?, page }))),
            _ => {}
        }
    }
    None
}

/// The number of a root page; `None` where there is none (0 or NULL: a view, a trigger, a virtual table).
fn root(serial: u64, value: &[u8]) -> Option<u32> {
    if serial == 9 {
        return Some(1);
    }
    if value.len() > 6 {
        return None;
    }
    let number = value.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    u32::try_from(number).ok().filter(|page| *page > 0)
}
