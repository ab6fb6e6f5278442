//! kill -9 at every step of an export: whatever was begun, one whole file is there before anybody goes, and nothing else.

use crate::rig::{block_on, exporting, number};
use std::{fs, path::Path};

/// The points of an export, in their order, and how often a job of the prepared directory passes each at most.
const POINTS: [(&str, u64); 5] = [
    ("export.begun", 4),
    ("export.slice", 3),
    ("export.synced", 1),
    ("export.placed", 1),
    ("export.recorded", 1),
];

/// The names in `exports/`, and the lines of each.
fn files(data: &Path) -> Vec<(String, usize)> {
    let entries = fs::read_dir(data.join("exports")).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).expect("readable");
            (
                entry.file_name().to_string_lossy().into_owned(),
                text.lines().count(),
            )
        })
        .collect()
}

#[test]
fn killed_at_every_step_of_an_export_one_whole_file_is_there_before_anybody_goes() {
    let prepared = exporting();
    for (point, times) in POINTS {
        for nth in 1..=times {
            let mut run = prepared.copy();
            assert!(
                run.serve(&format!("{point}:{nth}=kill")),
                "{point} is not passed {nth} times"
            );
            let deleted = block_on(number(&run.data(), "SELECT deleted FROM jobs"));
            assert_eq!(
                deleted, 0,
                "killed at {point}:{nth}: somebody is gone without an export"
            );
            run.must_hold();
            assert_eq!(
                files(&run.data()),
                [("D-1001.ndjson".to_owned(), 18)],
                "killed at {point}:{nth}"
            );
            let told = block_on(number(
                &run.data(),
                "SELECT people FROM job_exports WHERE wiped_at IS NULL",
            ));
            assert_eq!(told, 18, "killed at {point}:{nth}");
            let names = block_on(number(&run.data(), "SELECT count(*) FROM job_target_names"));
            assert_eq!(names, 18, "killed at {point}:{nth}");
        }
    }
}
