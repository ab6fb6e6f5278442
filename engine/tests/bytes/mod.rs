//! Looks for a text in the bytes of a data directory's files, whatever they are. Knows nothing of what is in them.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

use std::path::Path;

/// How often a text can be read in any file of a directory.
pub(crate) fn readable(dir: &Path, text: &[u8]) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(dir).expect("the directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found += readable(&path, text);
        } else if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            found += bytes.windows(text.len()).filter(|window| *window == text).count();
        }
    }
    found
}
