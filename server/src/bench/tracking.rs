//! Live data in: what people do, sent over HTTP to a real server as client libraries do, in batches and one by one. What is
//! answered is durable, so the rate is that of what cannot be lost any more.

use super::{
    Bench, Done, Measure,
    child::Server,
    data::{self, Base, actor},
    said,
    table::Row,
    web::Door,
};
use domain::{access::Scope, page::PageRequest, profile::ProfileQuery};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::task::JoinSet;

/// Messages of a batch: what the usual libraries send at once.
const BATCH: usize = 100;
/// Batches of a run, and connections that send them.
const BATCHES: usize = 600;
const SENDERS: usize = 8;
/// Messages that are sent one by one, and connections: sites send so.
const SINGLES: usize = 6_000;
const SITES: usize = 32;
/// People who do something, from all over the store: each message touches another page.
const PLACES: u32 = 50;
const AT_EACH: u32 = 100;
/// The first profile id of a store.
const FIRST_ID: u64 = 1 << 20;

/// A server, and what is sent to it.
#[derive(Debug)]
struct Target {
    address: SocketAddr,
    key: String,
    people: Vec<String>,
    /// Numbers messages, so that none is known again.
    next: AtomicUsize,
}

/// Measures.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let (mut batches, mut singles, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        let copy = base.copy("tracking")?;
        let (people, key) = prepare(copy.dir(), base).await?;
        let server = Server::start(copy.dir()).await?;
        let target = Arc::new(Target {
            address: server.address,
            key,
            people,
            next: AtomicUsize::new(0),
        });
        batches.push(rate(&target, SENDERS, BATCHES, BATCH).await?);
        singles.push(rate(&target, SITES, SINGLES, 1).await?);
        memory.push(server.memory_peak_mb()?);
        server.stop().await?;
        let (engine, _) = data::open(copy.dir()).await?;
        let (_, events) = engine.bare_totals().await.map_err(said)?;
        engine.close().await;
        let sent = i64::try_from(BATCHES * BATCH + SINGLES).unwrap_or(i64::MAX);
        if events != base.events + sent {
            return Err(format!(
                "Of {sent} messages {} became events.",
                events - base.events
            ));
        }
    }
    let row = |what: &str, unit: &'static str, values: &[f64]| {
        Row::of(Measure::Tracking, base.profiles, what, unit, values)
    };
    Ok(vec![
        row("live data, in batches", "messages/s", &batches)
            .note(format!("{BATCH} a call, {SENDERS} connections")),
        row("live data, one by one", "messages/s", &singles).note(format!("{SITES} connections")),
        row("live data, memory at most", "MB", &memory),
    ])
}

/// Finds the people and makes a write key. The store is let go of again, for a server takes it next.
async fn prepare(dir: &Path, base: &Base) -> Done<(Vec<String>, String)> {
    let (engine, dataset) = data::open(dir).await?;
    let who = actor();
    let prepared = async {
        let people = people(&engine, dataset, base).await?;
        let token = engine
            .create_token(&who, "bench", Some(dataset), Scope::Ingest)
            .await
            .map_err(said)?;
        Ok((people, token.key_id))
    }
    .await;
    engine.close().await;
    prepared
}

/// User ids of people from all over the store.
pub(super) async fn people(
    engine: &engine::Engine,
    dataset: domain::id::DatasetId,
    base: &Base,
) -> Done<Vec<String>> {
    let mut found = Vec::new();
    for place in 0..PLACES {
        let after = FIRST_ID + base.profiles * u64::from(place) / u64::from(PLACES);
        let query = ProfileQuery {
            page: PageRequest {
                limit: Some(AT_EACH),
                cursor: Some(after.to_string()),
            },
            ..ProfileQuery::default()
        };
        let page = engine.profiles(&actor(), dataset, query).await.map_err(said)?;
        found.extend(page.items.into_iter().map(|row| row.title));
    }
    match found.is_empty() {
        true => Err("The store lists nobody.".to_owned()),
        false => Ok(found),
    }
}

/// Sends so many calls of so many messages over so many connections. Gives messages a second.
async fn rate(target: &Arc<Target>, connections: usize, calls: usize, messages: usize) -> Done<f64> {
    let left = Arc::new(AtomicUsize::new(0));
    let mut sending = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..connections {
        let (target, left) = (Arc::clone(target), Arc::clone(&left));
        sending.spawn(async move {
            let mut door = Door::to(target.address).await?;
            while left.fetch_add(1, Ordering::Relaxed) < calls {
                let batch: Vec<Value> = (0..messages).map(|_| target.message()).collect();
                let body = json!({ "batch": batch }).to_string();
                door.track(&target.key, body).await?;
            }
            Ok::<_, String>(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent.map_err(said)??;
    }
    Ok((calls * messages) as f64 / begun.elapsed().as_secs_f64())
}

impl Target {
    /// A message of the kind that is sent most.
    fn message(&self) -> Value {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // A step that no list's length divides goes through all of them in a scattered order.
        let person = self.people.get(number.wrapping_mul(7_919) % self.people.len());
        json!({
            "type": "track", "userId": person, "event": "Clicked", "messageId": format!("bench-{number}"),
            "timestamp": "2025-11-25T10:00:00.000Z", "properties": { "page": "/sale", "number": number },
        })
    }
}
