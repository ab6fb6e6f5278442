//! The files that imports are measured with: the same people and events twice, as a customer would hand them over and as
//! rows of the tables. Everything follows from a number, so that nothing needs to be kept.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// Events of each person.
pub(super) const EVENTS_A_PERSON: u64 = 5;
/// The tables that the shell fills, in this order.
pub(super) const TABLES: [&str; 4] = ["profiles", "identities", "identity_lookup", "events"];
/// The first profile id of a dataset.
const FIRST_ID: u64 = 1 << 20;
/// 2024-01-01T00:00:00Z; everything happens in the days after it.
const BEGIN_MS: i64 = 1_704_067_200_000;
/// A year, in milliseconds.
const YEAR_MS: i64 = 365 * 86_400_000;
/// Another number makes another order.
const SEED: u64 = 17;

/// Where they are.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) people: PathBuf,
    pub(super) events: PathBuf,
    /// One a table, in the order of `TABLES`.
    pub(super) tables: [PathBuf; 4],
}

/// A person, out of a number.
struct Person {
    id: u64,
    user: String,
    email: String,
    city: u32,
    score: u32,
    created: i64,
    keys: [String; 2],
}

impl Person {
    fn of(number: u64) -> Self {
        let mut random = StdRng::seed_from_u64(number);
        let hex: u128 = random.random();
        let hex = format!("{hex:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        Self {
            id: FIRST_ID + number,
            user: format!(
                "{}-{}-4{}-a{}-{}",
                part(0, 8),
                part(8, 12),
                part(13, 16),
                part(17, 20),
                part(20, 32)
            ),
            email: format!("p{:016x}@example.com", random.random::<u64>()),
            city: random.random_range(0..500),
            score: random.random_range(0..10_000),
            created: BEGIN_MS + random.random_range(0..YEAR_MS),
            keys: [random.random::<u64>(), random.random()].map(|key| format!("{key:016x}")),
        }
    }
}

/// Writes all of them.
///
/// # Errors
/// What the system says.
pub(super) fn write(dir: &Path, people: u64) -> io::Result<Files> {
    let files = Files {
        people: dir.join("people.csv"),
        events: dir.join("events.csv"),
        tables: TABLES.map(|table| dir.join(format!("table-{table}.csv"))),
    };
    write_people(&files, people)?;
    write_events(&files, people)?;
    Ok(files)
}

fn open(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(1 << 20, File::create(path)?))
}

/// Hands a file over as a whole, and waits until it is on the disk.
fn close(file: BufWriter<File>) -> io::Result<()> {
    file.into_inner()?.sync_all()
}

fn write_people(files: &Files, people: u64) -> io::Result<()> {
    let [profiles, identities, lookup, _] = &files.tables;
    let mut csv = open(&files.people)?;
    let (mut profiles, mut identities, mut lookup) = (open(profiles)?, open(identities)?, open(lookup)?);
    writeln!(csv, "user_id,email,created_at,city,score")?;
    for number in 0..people {
        let person = Person::of(number);
        let Person {
            id,
            city,
            score,
            created,
            ..
        } = person;
        let day = domain::time::Timestamp::from_ms(created).to_rfc3339();
        writeln!(csv, "{},{},{day},City {city},{score}", person.user, person.email)?;
        let attributes = format!(r#""{{""city"":""City {city}"",""score"":{score}}}""#);
        let bucket = number % 10_000;
        writeln!(
            profiles,
            "{id},1,{bucket},{created},{created},{created},{number},{attributes},{EVENTS_A_PERSON}"
        )?;
        for (kind, (value, key)) in [&person.user, &person.email]
            .into_iter()
            .zip(&person.keys)
            .enumerate()
        {
            let kind = kind + 1;
            writeln!(identities, "{id},{kind},{value}")?;
            writeln!(lookup, "1,{kind},{key},{id}")?;
        }
    }
    for file in [csv, profiles, identities, lookup] {
        close(file)?;
    }
    Ok(())
}

/// Events of all people in random order, as they come out of a store that knows nobody.
fn write_events(files: &Files, people: u64) -> io::Result<()> {
    let [.., table] = &files.tables;
    let (mut csv, mut table) = (open(&files.events)?, open(table)?);
    let mut order: Vec<u64> = (0..people)
        .flat_map(|number| std::iter::repeat_n(number, EVENTS_A_PERSON as usize))
        .collect();
    order.shuffle(&mut StdRng::seed_from_u64(SEED));
    writeln!(csv, "user_id,event,timestamp,value,quantity,product")?;
    let mut random = StdRng::seed_from_u64(SEED + 1);
    for number in order {
        let person = Person::of(number);
        let at = BEGIN_MS + random.random_range(0..YEAR_MS);
        let (kind, cents) = (random.random_range(1..=4), random.random_range(100..20_000_u32));
        let product = random.random_range(0..10_000_u32);
        let time = domain::time::Timestamp::from_ms(at).to_rfc3339();
        let (whole, rest) = (cents / 100, cents % 100);
        writeln!(
            csv,
            "{},kind-{kind},{time},{whole}.{rest:02},1,P{product}",
            person.user
        )?;
        let eid: i64 = random.random();
        let micros = u64::from(cents) * 10_000;
        writeln!(
            table,
            r#"{},{at},{eid},{kind},{micros},1000000,,"{{""product"":""P{product}""}}""#,
            person.id
        )?;
    }
    close(csv)?;
    close(table)
}
