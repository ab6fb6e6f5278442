//! The console and the API as people feel them: the same mix of requests to a server at rest and to one that deletes half
//! of the people as fast as it can.

use super::{
    Bench, Done, Measure,
    child::Server,
    data::{self, Base, actor},
    said,
    table::{Reach, Row, median, percentile},
    web::Door,
};
use domain::{
    access::{Role, Scope},
    time::Timestamp,
};
use engine::clock::Clock;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Requests of a round: half to the API, half for pages.
const REQUESTS: usize = 3_000;
/// Requests before the first round, which nobody looks at.
const WARM_UP: usize = 200;
/// Connections, each of which asks again as soon as it is answered.
const CONNECTIONS: usize = 4;
/// People whose records are fetched in turn.
const PEOPLE: usize = 100;
/// How often the job is looked at while it runs.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A segment of few, whose deletion leaves a finished job behind to look at.
const FEW: &str = "Few";
/// A segment that nothing happens to, so that its page shows the same in both rounds.
const QUIET: &str = "Quiet";
/// Fewer requests than this do not tell what one in a hundred feels.
const MET_MIN: f64 = 100.0;
const NAME: &str = "ada";
const PASSWORD: &str = "correct-horse-battery";

/// What is asked for, and with what.
#[derive(Debug)]
struct Mix {
    address: SocketAddr,
    token: String,
    cookie: String,
    reads: Vec<String>,
    pages: Vec<String>,
}

/// One answer.
#[derive(Debug, Clone, Copy)]
struct Sample {
    page: bool,
    /// Which of the reads or pages.
    which: usize,
    at: Timestamp,
    ms: f64,
}

/// What one run came to.
#[derive(Debug)]
struct Ran {
    mix: Arc<Mix>,
    idle: Vec<Sample>,
    /// Those that met the running job.
    busy: Vec<Sample>,
    memory_peak_mb: f64,
}

/// Measures.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let mut all = Vec::new();
    for _ in 0..bench.runs {
        all.push(once(base).await?);
    }
    let mut rows = latencies(base, &all);
    let memory: Vec<f64> = all.iter().map(|ran| ran.memory_peak_mb).collect();
    let row = Row::of(
        Measure::Reads,
        base.profiles,
        "server, memory at most",
        "MB",
        &memory,
    );
    rows.push(row.limit(Reach::AtMost(150.0)));
    Ok(rows)
}

fn latencies(base: &Base, all: &[Ran]) -> Vec<Row> {
    let met: Vec<f64> = all.iter().map(|ran| ran.busy.len() as f64).collect();
    let enough = met.iter().all(|met| *met >= MET_MIN);
    let met = format!("{:.0} requests met the job", median(&met));
    let mut rows = Vec::new();
    for (page, name) in [(false, "API reads"), (true, "pages")] {
        for (share, part) in [(0.5, "p50"), (0.99, "p99")] {
            let of = |samples: &[Sample]| {
                let ms = samples.iter().filter(|sample| sample.page == page);
                percentile(&ms.map(|sample| sample.ms).collect::<Vec<_>>(), share)
            };
            let busy: Vec<f64> = all.iter().map(|ran| of(&ran.busy)).collect();
            let idle: Vec<f64> = all.iter().map(|ran| of(&ran.idle)).collect();
            let what = format!("{name} while deleting, {part}");
            let row = Row::of(Measure::Reads, base.profiles, what, "ms", &busy);
            rows.push(match share > 0.9 {
                _ if !enough => row.note(format!("the job was over too soon: {met}")),
                true => row
                    .against(&idle, Some(Reach::AtMost(2.0)))
                    .note(slowest(all, page)),
                false => row.against(&idle, None).note(format!("against idle; {met}")),
            });
        }
    }
    rows
}

/// The request that took longest, so that one knows where to look.
fn slowest(all: &[Ran], page: bool) -> String {
    let samples = all
        .iter()
        .flat_map(|ran| ran.busy.iter().map(move |sample| (ran, sample)));
    let longest = samples
        .filter(|(_, sample)| sample.page == page)
        .max_by(|(_, a), (_, b)| a.ms.total_cmp(&b.ms));
    longest.map_or(String::new(), |(ran, sample)| {
        let list = if page { &ran.mix.pages } else { &ran.mix.reads };
        format!("slowest: {:.0} ms, {}", sample.ms, nth(list, sample.which))
    })
}

async fn once(base: &Base) -> Done<Ran> {
    let copy = base.copy("reads")?;
    let token = prepare(copy.dir(), base).await?;
    let server = Server::start(copy.dir()).await?;
    let mut door = Door::to(server.address).await?;
    // A finished job to look at, as every console has.
    let few = delete(&mut door, &token, FEW).await?;
    let job = ended(&mut door, &token, &few).await?;
    let mix = Arc::new(mix(&mut door, server.address, token, &job, base.before).await?);
    let over = Arc::new(AtomicBool::new(false));
    round(&mix, WARM_UP, &over).await?;
    let idle = round(&mix, REQUESTS, &over).await?;

    let id = delete(&mut door, &mix.token, data::HALF).await?;
    while state(&mut door, &mix.token, &id).await?["state"] == "freezing" {
        tokio::time::sleep(LOOK_EVERY / 10).await;
    }
    let asking = tokio::spawn({
        let (mix, over) = (Arc::clone(&mix), Arc::clone(&over));
        async move { round(&mix, REQUESTS, &over).await }
    });
    let job = ended(&mut door, &mix.token, &id).await?;
    over.store(true, Ordering::Release);
    let mut busy = asking.await.map_err(said)??;
    let end = moment(&job["finished_at"]).ok_or("The job did not end.")?;
    busy.retain(|sample| sample.at < end);
    let memory_peak_mb = server.memory_peak_mb()?;
    server.stop().await?;
    Ok(Ran {
        mix,
        idle,
        busy,
        memory_peak_mb,
    })
}

/// Lets somebody in, and makes what is deleted first. Gives a token.
async fn prepare(dir: &Path, base: &Base) -> Done<String> {
    let (engine, dataset) = data::open(dir).await?;
    let who = actor();
    let prepared = async {
        engine
            .create_user(&who, NAME, Role::Administrator, None, PASSWORD)
            .await
            .map_err(said)?;
        for name in [FEW, QUIET] {
            data::segment(&engine, dataset, name, base.early).await?;
        }
        let token = engine
            .create_token(&who, "bench", Some(dataset), Scope::Admin)
            .await
            .map_err(said)?;
        Ok(format!("{}.{}", token.key_id, token.secret))
    }
    .await;
    engine.close().await;
    prepared
}

async fn mix(
    door: &mut Door,
    address: SocketAddr,
    token: String,
    job: &Value,
    before: Timestamp,
) -> Done<Mix> {
    let at = format!("/datasets/{}", data::DATASET);
    let listed = door
        .read(&format!("{at}/profiles?limit={PEOPLE}"), &token)
        .await?;
    let people: Vec<&str> = listed["items"]
        .as_array()
        .into_iter()
        .flatten()
        // Who stays: the others are not there any more when they are asked for.
        .filter(|row| moment(&row["last_seen"]).is_some_and(|seen| seen >= before))
        .filter_map(|row| row["user_id"].as_str())
        .collect();
    if people.is_empty() {
        return Err("The API lists nobody.".to_owned());
    }
    let segment = id_of(&segment(door, &token, QUIET).await?)?;
    let job = id_of(job)?;
    let rest = [
        format!("{at}/segments"),
        format!("{at}/deletion-jobs"),
        format!("{at}/deletion-jobs/{job}"),
    ];
    // One record, one of the rest, and so on.
    let reads = people.iter().zip(rest.iter().cycle());
    let reads = reads
        .flat_map(|(person, other)| [format!("{at}/profiles/{person}"), other.clone()])
        .collect();
    let pages = [
        "",
        &format!("/segments/{segment}"),
        "/jobs",
        &format!("/jobs/{job}"),
    ]
    .map(|page| format!("/d/{}{page}", data::DATASET))
    .to_vec();
    let cookie = door.log_in(NAME, PASSWORD).await?;
    Ok(Mix {
        address,
        token,
        cookie,
        reads,
        pages,
    })
}

/// Asks until so many were answered, or until it is over.
async fn round(mix: &Arc<Mix>, requests: usize, over: &Arc<AtomicBool>) -> Done<Vec<Sample>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut asking = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mix, next, over) = (Arc::clone(mix), Arc::clone(&next), Arc::clone(over));
        asking.spawn(async move {
            let mut door = Door::to(mix.address).await?;
            let clock = Clock::system();
            let mut samples = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests || over.load(Ordering::Acquire) {
                    return Ok::<_, String>(samples);
                }
                let (page, which) = (number % 2 == 1, number / 2);
                let (at, begun) = (clock.now(), Instant::now());
                if page {
                    door.page(nth(&mix.pages, which), &mix.cookie).await?;
                } else {
                    door.read(nth(&mix.reads, which), &mix.token).await?;
                }
                samples.push(Sample {
                    page,
                    which,
                    at,
                    ms: begun.elapsed().as_secs_f64() * 1e3,
                });
            }
        });
    }
    let mut all = Vec::with_capacity(requests);
    while let Some(samples) = asking.join_next().await {
        all.extend(samples.map_err(said)??);
    }
    Ok(all)
}

fn nth(list: &[String], number: usize) -> &str {
    list.get(number % list.len().max(1)).map_or("", String::as_str)
}

/// Starts a deletion of a segment, counted anew. Gives the job's id.
pub(super) async fn delete(door: &mut Door, token: &str, name: &str) -> Done<String> {
    let at = format!("/datasets/{}", data::DATASET);
    let segment = id_of(&segment(door, token, name).await?)?;
    let counted = door
        .post(&format!("{at}/segments/{segment}/refresh"), token, &Value::Null)
        .await?;
    let asked = json!({
        "segment_id": segment, "consent": true, "confirm_name": name, "confirm_count": counted["count"]["value"],
    });
    let job = door.post(&format!("{at}/deletion-jobs"), token, &asked).await?;
    id_of(&job)
}

async fn segment(door: &mut Door, token: &str, name: &str) -> Done<Value> {
    let at = format!("/datasets/{}/segments", data::DATASET);
    let listed = door.read(&at, token).await?;
    let mut items = listed["items"].as_array().into_iter().flatten();
    let found = items.find(|segment| segment["name"] == name);
    found
        .cloned()
        .ok_or_else(|| format!("The API does not list the segment {name}."))
}

pub(super) async fn state(door: &mut Door, token: &str, job: &str) -> Done<Value> {
    let path = format!("/datasets/{}/deletion-jobs/{job}", data::DATASET);
    door.read(&path, token).await
}

/// Looks at a job until it has ended.
async fn ended(door: &mut Door, token: &str, job: &str) -> Done<Value> {
    loop {
        let shown = state(door, token, job).await?;
        if moment(&shown["finished_at"]).is_some() {
            return match shown["state"].as_str() {
                Some("completed") => Ok(shown),
                other => Err(format!("A deletion ended as {}.", other.unwrap_or("nothing"))),
            };
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn id_of(object: &Value) -> Done<String> {
    let id = object["id"].as_str();
    Ok(id.ok_or("The API gave an object without an id.")?.to_owned())
}

pub(super) fn moment(text: &Value) -> Option<Timestamp> {
    text.as_str().and_then(Timestamp::parse_rfc3339)
}
