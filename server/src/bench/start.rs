//! From the start of a server's process to its first page, and what it holds in memory when nobody asks anything.

use super::{
    Bench, Done, Measure,
    child::Server,
    data::{Base, Copied},
    table::{Reach, Row},
    web::Door,
};
use std::{path::Path, time::Duration};

/// Memory is looked at so long after the first page.
const IDLE: Duration = Duration::from_secs(2);
/// A million people's page may take as long as ten millions'.
const WITH_PEOPLE_MS: f64 = 300.0;
/// Of an empty directory.
const EMPTY_MS: f64 = 150.0;

/// Measures. A start changes nothing in the base but the number of starts.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let (mut empty_ms, mut empty_mb) = (Vec::new(), Vec::new());
    let (mut full_ms, mut full_mb) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        let fresh = Copied::empty(base.dir(), "empty")?;
        let (ms, mb) = once(fresh.dir()).await?;
        empty_ms.push(ms);
        empty_mb.push(mb);
        let (ms, mb) = once(base.dir()).await?;
        full_ms.push(ms);
        full_mb.push(mb);
    }
    let row = |what: &str, unit: &'static str, values: &[f64], most: f64| {
        Row::of(Measure::Start, base.profiles, what, unit, values).limit(Reach::AtMost(most))
    };
    Ok(vec![
        row("start to first page, new directory", "ms", &empty_ms, EMPTY_MS),
        row("start to first page", "ms", &full_ms, WITH_PEOPLE_MS),
        row("memory at rest, new directory", "MB", &empty_mb, 50.0),
        row("memory at rest", "MB", &full_mb, 50.0).note("2 s after the first page"),
    ])
}

async fn once(dir: &Path) -> Done<(f64, f64)> {
    let server = Server::start(dir).await?;
    let mut door = Door::to(server.address).await?;
    door.page("/login", "").await?;
    let ms = server.spawned.elapsed().as_secs_f64() * 1e3;
    tokio::time::sleep(IDLE).await;
    let mb = server.memory_mb()?;
    drop(door);
    server.stop().await?;
    Ok((ms, mb))
}
