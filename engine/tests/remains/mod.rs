//! People whose rows were moved about before they are deleted, so that copies of them lie in the gaps of pages, and a look
//! for what remains of them.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

use crate::world::{World, spec};
use domain::job::Job;
use engine::import::ImportKind;
use std::path::Path;

/// What every address of those who go contains, and of nobody else.
const GOES: &[u8] = b"@goes.example";

/// Makes `n` people: every second one goes. Some have long attributes, which fill pages of their own; all have events. Then
/// their rows grow, in an order that is not theirs, so that pages split.
pub(crate) async fn moved_about(world: &World, n: usize) {
    let mut people = String::from("user_id,email,group,note\n");
    for i in 1..=n {
        let note = "n".repeat(if i % 40 < 2 { 9_500 + i } else { i % 90 });
        people.push_str(&format!("p{i},{},{},{note}\n", address(i), group(i)));
    }
    world.import(ImportKind::Profiles, &people).await;
    let mut events = String::from("user_id,event,timestamp,value,contact\n");
    for i in 1..=n {
        for day in 1..=8 {
            events.push_str(&format!(
                "p{i},visit,2026-01-{day:02}T10:00:00Z,1.5,{}\n",
                address(i)
            ));
        }
    }
    world.import(ImportKind::Events, &events).await;
    for round in 0..3 {
        let mut changed = String::from("user_id,phone,copy,more\n");
        let mut late = String::from("user_id,event,timestamp,contact\n");
        for step in 0..n / 2 {
            let i = (step * 7 + round * 3) % n + 1;
            let more = "m".repeat(step % 250);
            changed.push_str(&format!("p{i},+1555{round}{i:07},{},{more}\n", address(i)));
            late.push_str(&format!(
                "p{i},click,2025-12-0{}T08:00:00Z,{}\n",
                round + 1,
                address(i)
            ));
        }
        world.import(ImportKind::Profiles, &changed).await;
        world.import(ImportKind::Events, &late).await;
    }
}

fn group(i: usize) -> &'static str {
    if i.is_multiple_of(2) { "a" } else { "b" }
}

fn address(i: usize) -> String {
    let place = if i.is_multiple_of(2) { "goes" } else { "stays" };
    format!("person{i}@{place}.example")
}

/// Deletes those who go, and waits for the end.
pub(crate) async fn delete(world: &World, n: usize) -> Job {
    let segment = world.segment("Going", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "Going", (n / 2) as i64)).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.counts.deleted, (n / 2) as i64, "{job:?}");
    job
}

/// How often the addresses of those who went can still be read in the files, the warehouse's aside, which is kept on purpose.
pub(crate) fn readable(dir: &Path) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(dir).expect("the directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("warehouse.db") || !entry.path().is_file() {
            continue;
        }
        let bytes = std::fs::read(entry.path()).expect("a file");
        found += bytes.windows(GOES.len()).filter(|window| *window == GOES).count();
    }
    found
}
