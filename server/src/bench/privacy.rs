//! The promise to whoever asks to be forgotten: how long the erasure of one person takes, in store and warehouse, while a
//! deletion of half of the people runs as fast as it can.

use super::{
    Bench, Done, Measure,
    child::Server,
    data::{self, Base, actor},
    reads::{LOOK_EVERY, delete, state},
    said,
    table::{Reach, Row, percentile},
    tracking,
    web::Door,
};
use domain::access::Scope;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// The pause after each answer: one who asks after another, and a bulk job that has something to do.
const REST: Duration = Duration::from_millis(20);

/// One erasure.
#[derive(Debug, Clone, Copy)]
struct Asked {
    begun: Instant,
    /// Milliseconds from question to answer.
    ms: f64,
}

/// What one run came to.
#[derive(Debug)]
struct Ran {
    asked: Vec<Asked>,
    /// What the job was doing, from when on.
    states: Vec<(Instant, String)>,
}

impl Ran {
    fn ms(&self) -> Vec<f64> {
        self.asked.iter().map(|one| one.ms).collect()
    }

    /// The longest one, and what the job was doing when it began.
    fn longest(&self) -> Option<(f64, &str)> {
        let longest = self.asked.iter().max_by(|a, b| a.ms.total_cmp(&b.ms))?;
        let before = self.states.iter().rev().find(|(at, _)| *at <= longest.begun);
        Some((longest.ms, before.map_or("freezing", |(_, state)| state)))
    }
}

/// Measures.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let mut all = Vec::new();
    for _ in 0..bench.runs {
        all.push(once(base).await?);
    }
    let of = |share: f64| -> Vec<f64> { all.iter().map(|ran| percentile(&ran.ms(), share)).collect() };
    let met: usize = all.iter().map(|ran| ran.asked.len()).sum();
    let enough = all.iter().all(|ran| !ran.asked.is_empty());
    let met = match enough {
        true => format!("{met} met the job"),
        false => "the job was over too soon".to_owned(),
    };
    let row = |what: &str, values: &[f64]| Row::of(Measure::Privacy, base.profiles, what, "ms", values);
    let worst = all
        .iter()
        .filter_map(Ran::longest)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let worst = worst.map_or(String::new(), |(ms, state)| {
        format!("the worst one {ms:.0} ms, while {state}")
    });
    let longest = row("one person erased while deleting, longest", &of(1.0)).note(worst);
    Ok(vec![
        row("one person erased while deleting, p50", &of(0.5)).note(met),
        // Whoever asks to be forgotten never waits longer than a second behind a bulk job.
        match enough {
            true => longest.limit(Reach::AtMost(1_000.0)),
            false => longest,
        },
    ])
}

async fn once(base: &Base) -> Done<Ran> {
    let copy = base.copy("privacy")?;
    let (token, people) = prepare(copy.dir(), base).await?;
    let server = Server::start(copy.dir()).await?;
    let mut door = Door::to(server.address).await?;
    let id = delete(&mut door, &token, data::HALF).await?;
    while state(&mut door, &token, &id).await?["state"] == "freezing" {
        tokio::time::sleep(LOOK_EVERY / 10).await;
    }
    let over = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn({
        let (over, token) = (Arc::clone(&over), token.clone());
        let mut door = Door::to(server.address).await?;
        async move { erase(&mut door, &token, people, &over).await }
    });
    let states = follow(&mut door, &token, &id).await?;
    over.store(true, Ordering::Release);
    let asked = asking.await.map_err(said)??;
    server.stop().await?;
    Ok(Ran { asked, states })
}

/// Looks at a job until it has ended. Gives what it was doing, and since when.
async fn follow(door: &mut Door, token: &str, id: &str) -> Done<Vec<(Instant, String)>> {
    let mut states: Vec<(Instant, String)> = Vec::new();
    loop {
        let at = Instant::now();
        let shown = state(door, token, id).await?;
        let now = shown["state"].as_str().unwrap_or_default();
        if states.last().is_none_or(|(_, before)| before != now) {
            states.push((at, now.to_owned()));
        }
        if shown["finished_at"].is_string() {
            return match now {
                "completed" => Ok(states),
                other => Err(format!("A deletion ended as {other}.")),
            };
        }
        tokio::time::sleep(LOOK_EVERY / 5).await;
    }
}

/// Erases one after the other until the job is over.
async fn erase(door: &mut Door, token: &str, people: Vec<String>, over: &AtomicBool) -> Done<Vec<Asked>> {
    let mut asked = Vec::new();
    for person in people {
        let begun = Instant::now();
        let line = door.erase(data::DATASET, token, &person).await?;
        if over.load(Ordering::Acquire) {
            break;
        }
        asked.push(Asked {
            begun,
            ms: begun.elapsed().as_secs_f64() * 1e3,
        });
        if line != "Deleted 1 users (1 requested)" {
            return Err(format!("{person} was to be erased: {line}"));
        }
        tokio::time::sleep(REST).await;
    }
    Ok(asked)
}

/// Makes a token and finds people from all over the store, those whom the job deletes among them.
async fn prepare(dir: &Path, base: &Base) -> Done<(String, Vec<String>)> {
    let (engine, dataset) = data::open(dir).await?;
    let prepared = async {
        let mut people = tracking::people(&engine, dataset, base).await?;
        // Neighbours would be one page: from far apart, one after the other.
        let places = people.len();
        people = (0..places)
            .filter_map(|at| people.get(at * 101 % places).cloned())
            .collect();
        let token = engine
            .create_token(&actor(), "bench", Some(dataset), Scope::Admin)
            .await
            .map_err(said)?;
        Ok((format!("{}.{}", token.key_id, token.secret), people))
    }
    .await;
    engine.close().await;
    prepared
}
