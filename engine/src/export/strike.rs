//! Striking single people out of stored exports: their lines are overwritten where they lie, so no copy of them is left in
//! the file and the rest is neither moved nor read by anybody else. All of it blocks.
//!
//! A line that was struck out is blank, which whoever reads an export passes over.

use super::files;
use domain::id::JobId;
use serde::Deserialize;
use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _},
    path::Path,
};

/// A file out of which somebody was struck.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Struck {
    /// Whose export it is.
    pub(crate) job: JobId,
    /// Whether it is a whole file; else it is being written.
    pub(crate) whole: bool,
    /// People who were struck out.
    pub(crate) struck: i64,
    /// People who are left in it.
    pub(crate) left: i64,
}

/// What is read of a line.
#[derive(Deserialize)]
struct Whose<'l> {
    #[serde(borrow)]
    id: &'l str,
}

/// Strikes these profiles out of every stored export, those that are being written included. Gives the files that had them.
pub(crate) fn out(data: &Path, ids: &HashSet<i64>) -> io::Result<Vec<Struck>> {
    let mut all = Vec::new();
    for file in files::found(data)? {
        let Some(job) = file.job else { continue };
        match one(file.path(), ids) {
            Ok((0, _)) => {}
            Ok((struck, left)) => all.push(Struck {
                job,
                whole: file.whole,
                struck,
                left,
            }),
            // Wiped, or given its real name, since it was found: the next look finds it where it is.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Gives how many were struck out and how many are left.
fn one(path: &Path, ids: &HashSet<i64>) -> io::Result<(i64, i64)> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut writer = file.try_clone()?;
    let mut reader = BufReader::new(file);
    let (mut line, mut at, mut spans, mut left) = (Vec::new(), 0_u64, Vec::new(), 0);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let whose = serde_json::from_slice::<Whose<'_>>(&line)
            .ok()
            .and_then(|whose| whose.id.parse().ok());
        match whose {
            Some(id) if ids.contains(&id) => spans.push((at, read - usize::from(line.ends_with(b"\n")))),
            Some(_) => left += 1,
            None => {}
        }
        at += read as u64;
    }
    // Both handles share one place in the file, so nothing is written before all has been read.
    for (from, bytes) in &spans {
        writer.seek(SeekFrom::Start(*from))?;
        writer.write_all(&vec![b' '; *bytes])?;
    }
    if !spans.is_empty() {
        writer.sync_all()?;
    }
    Ok((i64::try_from(spans.len()).unwrap_or(i64::MAX), left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_overwritten_where_it_lies_and_no_other_is_touched() {
        let data = tempfile::tempdir().expect("a directory");
        let mut partial = files::Partial::begin(data.path(), JobId(1001)).expect("begun");
        partial
            .write(b"{\"id\":\"1\",\"email\":\"ada@example.org\"}\n{\"id\":\"11\"}\n{\"id\":\"2\"}\n")
            .expect("written");
        partial.place().expect("placed");
        let other = data.path().join("other");
        std::fs::hard_link(data.path().join("exports/D-1001.ndjson"), &other).expect("linked");
        let ids = HashSet::from([1]);
        let struck = Struck {
            job: JobId(1001),
            whole: true,
            struck: 1,
            left: 2,
        };
        assert_eq!(out(data.path(), &ids).expect("struck"), [struck]);
        let text = std::fs::read_to_string(&other).expect("read");
        assert_eq!(text.trim_start(), "{\"id\":\"11\"}\n{\"id\":\"2\"}\n");
        assert!(!text.contains("ada"));
        assert_eq!(out(data.path(), &ids).expect("nothing"), []);
    }
}
