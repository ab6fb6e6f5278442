//! How much of what an import takes, each with its reason. Whatever is over a limit is reported, never cut.

use std::time::Duration;

/// Bytes of one row, all cells together: bounds the memory of the parser, whatever quotation mark is left open.
pub(super) const ROW_BYTES_MAX: usize = 1 << 20;
/// Bytes of one cell: a note or an address fits many times; a document belongs elsewhere.
pub(super) const CELL_BYTES_MAX: usize = 64 << 10;
/// Cells of one row: the widest CRM exports have about 300 columns.
pub(super) const COLUMNS_MAX: usize = 512;
/// Bytes at the beginning that may be blank before the first byte that says whether it is CSV or JSON.
pub(super) const HEAD_BYTES: usize = 64 << 10;
/// Bytes read at once: amortises the hop from the async reader to the parsing thread.
pub(super) const READ_BYTES: usize = 256 << 10;
/// A gzip file may grow this many times: real exports grow 4 to 60 times, a bomb a thousand times.
pub(super) const GZIP_RATIO_MAX: u64 = 200;
/// Bytes that a gzip file may grow to before the ratio is looked at: small files of zeros harm nobody.
pub(super) const GZIP_FREE_BYTES: u64 = 256 << 20;
/// Row errors, and warnings, that a report lists; further ones are counted (contract, section 4).
pub(super) const REPORTED_MAX: usize = 1_000;
/// Kinds of events in a dataset: kinds are few and long, so thousands mean that the wrong column was taken for them.
pub(super) const EVENT_KINDS_MAX: usize = 1_000;
/// Names of NDJSON fields that are remembered, so that a file of ever new names does not fill the memory.
pub(super) const FIELD_NAMES_KEPT: usize = 4_096;
/// New identities that a dry run tells apart; beyond that it says that its number is a lower bound.
pub(super) const DRY_RUN_IDENTITIES_MAX: usize = 5_000_000;

/// Rows of the first slice; later ones follow the time that slices take.
pub(super) const SLICE_ROWS_FIRST: usize = 500;
/// Fewest rows of a slice: below this the commit itself is what takes the time.
pub(super) const SLICE_ROWS_MIN: usize = 50;
/// Most rows of a slice.
pub(super) const SLICE_ROWS_MAX: usize = 4_000;
/// Rows of a window: the more, the fewer pages each slice touches; two windows in memory take about 60 MB.
pub(super) const WINDOW_ROWS: usize = 1 << 16;
/// Bytes of text in a window: bounds the memory where rows are long.
pub(super) const WINDOW_BYTES: usize = 16 << 20;
/// New people from whom on it pays to write their look-up entries beforehand.
pub(super) const RESERVE_MIN: usize = 1_000;
/// How long a slice should hold the write lock before it commits: with the commit it stays below 50 ms.
pub(super) const LOCK_WANTED: Duration = Duration::from_millis(30);
/// Rows of a list of registered uses: it is read whole and checked in one transaction; people oversee hundreds.
pub(super) const USES_MAX: usize = 10_000;
