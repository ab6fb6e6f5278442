//! After a job no byte of those who went can be read in the store's file or its log, and the job says so only then.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

mod remains;
#[expect(dead_code, reason = "a part of it is used here")]
mod world;

use domain::{erasure::DeadBytes, job::JobState};
use engine::{
    erasure::{FileReport, scan},
    import::ImportKind,
};
use sqlx::Row as _;
use world::{World, spec};

/// Enough for several hundred pages and hundreds of splits.
const PEOPLE: usize = 4_000;

fn store(dir: &std::path::Path) -> FileReport {
    let found = scan(dir).expect("a scan");
    let store = found.files.into_iter().next().expect("the store");
    assert_eq!(store.trouble, None);
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_those_who_went_can_be_read_afterwards() {
    let world = World::new().await;
    remains::moved_about(&world, PEOPLE).await;
    let job = remains::delete(&world, PEOPLE).await;
    let erasure = job.erasure.expect("a report");
    assert_eq!(job.scrubbed_at, erasure.proven_at);
    assert!(job.scrubbed_at.is_some(), "{erasure:?}");
    assert!(
        erasure.wiped.total() > 0 && erasure.pages_wiped > 0,
        "pages had split, so there was something to wipe: {erasure:?}"
    );
    assert!(erasure.passes >= 2 && erasure.pages > 100, "{erasure:?}");
    assert!(
        erasure.bytes_read >= 2 * (erasure.pages - 10) * erasure.page_bytes,
        "every page was read twice: {erasure:?}"
    );
    let dir = world.keep_dir().await;
    let found = scan(dir.path()).expect("a scan");
    assert_eq!(found.objection(), None, "{found:?}");
    let store = store(dir.path());
    assert_eq!(
        store.dead(),
        DeadBytes::default(),
        "not even in tables that are about nobody"
    );
    let overflow: u64 = store.parts.iter().map(|part| part.overflow_pages).sum();
    assert!(
        overflow >= 100,
        "the long attributes of those who stay: {overflow}"
    );
    assert_eq!(remains::readable(dir.path()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_byte_is_found_by_the_scan_and_wiped_by_the_next_job() {
    let world = World::new().await;
    world.people(20).await;
    let dir = world.keep_dir().await;
    plant(dir.path()).await;
    let found = scan(dir.path()).expect("a scan");
    let parts = &found.files[0].parts;
    let profiles = parts
        .iter()
        .find(|part| part.name == "profiles")
        .expect("profiles");
    assert!(profiles.decides && profiles.dead.gap >= 7, "{profiles:?}");
    let sentence = found.objection().expect("an objection");
    assert!(sentence.contains("dead bytes"), "{sentence}");
    let world = World::on(dir).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 10)).await;
    let job = world.finished(job.id).await;
    assert!(job.scrubbed_at.is_some());
    assert!(
        job.erasure.is_some_and(|erasure| erasure.wiped.gap >= 7),
        "what was planted, at least"
    );
    let dir = world.keep_dir().await;
    assert_eq!(scan(dir.path()).expect("a scan").objection(), None);
}

/// Writes seven bytes into the gap of a page of `profiles`, in a file that nobody else has open.
async fn plant(dir: &std::path::Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("lethe.db"));
    let mut conn = sqlx::ConnectOptions::connect(&options).await.expect("open");
    let row = sqlx::query("SELECT p.pgno, p.data FROM sqlite_schema s CROSS JOIN sqlite_dbpage p ON p.pgno = s.rootpage WHERE s.name = 'profiles'")
        .fetch_one(&mut conn)
        .await
        .expect("the root of profiles");
    let (page, mut data): (i64, Vec<u8>) = (row.get(0), row.get(1));
    assert_eq!(data[0], 13, "twenty people fit on one page");
    let cells = u16::from_be_bytes([data[3], data[4]]);
    let content = u16::from_be_bytes([data[5], data[6]]);
    let gap = 8 + 2 * usize::from(cells);
    assert!(gap + 100 < usize::from(content), "there is room in its gap");
    data[gap + 50..gap + 57].copy_from_slice(b"planted");
    sqlx::query("UPDATE sqlite_dbpage SET data = $1 WHERE pgno = $2")
        .bind(data)
        .bind(page)
        .execute(&mut conn)
        .await
        .expect("planted");
    sqlx::Connection::close(conn).await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_in_the_way_delays_the_proof_and_a_restart_goes_on_with_it() {
    let world = World::new().await;
    remains::moved_about(&world, 400).await;
    // A long export: while it reads, old pages stay in the log, so nothing may be called gone.
    let mut reader = world.sql().await;
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM profiles")
        .execute(&mut reader)
        .await
        .expect("reading");
    let segment = world.segment("Going", "attr.group = \"a\"").await;
    let id = world.start(spec(segment, "Going", 200)).await.id;
    let waiting = world
        .until(id, |job| {
            job.state == JobState::Scrubbing && job.reason_paused.is_some()
        })
        .await;
    assert_eq!(waiting.scrubbed_at, None);
    assert!(waiting.reason_paused.is_some_and(|reason| reason.contains("log")));
    let world = world.restart().await;
    let still = world.until(id, |job| job.state == JobState::Scrubbing).await;
    assert_eq!(still.scrubbed_at, None);
    sqlx::Connection::close(reader).await.expect("closed");
    let job = world.finished(id).await;
    assert!(
        job.scrubbed_at.is_some() && job.state == JobState::Completed,
        "{job:?}"
    );
    let dir = world.keep_dir().await;
    assert_eq!(scan(dir.path()).expect("a scan").objection(), None);
    assert_eq!(remains::readable(dir.path()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_do_not_keep_the_proof_from_ending() {
    let world = World::new().await;
    remains::moved_about(&world, 1_000).await;
    let segment = world.segment("Going", "attr.group = \"a\"").await;
    let id = world.start(spec(segment, "Going", 500)).await.id;
    let mut round = 0;
    let job = loop {
        let rows: String = (0..300)
            .map(|i| format!("n{round}x{i},{}\n", "z".repeat(i % 200)))
            .collect();
        world
            .import(ImportKind::Profiles, &format!("user_id,filling\n{rows}"))
            .await;
        round += 1;
        let job = world.job(id).await;
        if job.state.terminal() {
            break job;
        }
        assert!(round < 500, "it never ends: {job:?}");
    };
    assert!(job.scrubbed_at.is_some(), "{job:?}");
    let dir = world.keep_dir().await;
    assert_eq!(remains::readable(dir.path()), 0);
    assert_eq!(
        scan(dir.path()).expect("a scan").objection(),
        None,
        "a clean stop wipes once more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_an_error_with_a_sentence() {
    let world = World::new().await;
    world.people(2_000).await;
    let dir = world.keep_dir().await;
    let path = dir.path().join("lethe.db");
    let sound = std::fs::read(&path).expect("the file");
    let mut noise = 88_172_645_463_325_252_u64;
    let mut hurt = 0;
    for _ in 0..60 {
        let mut bytes = sound.clone();
        for _ in 0..40 {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            let at = usize::try_from(noise % bytes.len() as u64).expect("an offset");
            bytes[at] ^= 0x55;
        }
        std::fs::write(&path, &bytes).expect("written");
        let found = scan(dir.path()).expect("a scan");
        hurt += usize::from(found.objection().is_some());
    }
    assert!(hurt > 30, "{hurt}");
    std::fs::write(&path, &sound[..sound.len() - 8192]).expect("written");
    let found = scan(dir.path()).expect("a scan");
    let sentence = found.objection().expect("a short file is not whole");
    assert!(
        sentence.starts_with("lethe.db could not be accounted for"),
        "{sentence}"
    );
}

#[tokio::test]
async fn files_of_every_page_size_are_accounted_for_with_and_without_a_pointer_map() {
    for (page_size, mapped) in [
        (512, true),
        (512, false),
        (1024, true),
        (4096, false),
        (65_536, true),
    ] {
        for wiping in [true, false] {
            let dir = tempfile::tempdir().expect("a directory");
            let pages = a_file(&dir.path().join("lethe.db"), page_size, mapped, wiping).await;
            let store = store(dir.path());
            let told: u64 = store.parts.iter().map(|part| part.pages).sum();
            assert_eq!((told, store.pages), (pages, pages), "{page_size} {mapped}");
            let free = store
                .parts
                .iter()
                .find(|part| part.name == "free pages")
                .expect("free pages");
            assert!(free.pages > 0, "{page_size} {mapped}");
            // Pages that list the free ones keep a few old numbers; what was on the others is gone, or all there.
            let kept = free.dead.freelist > i64::from(page_size) * 4;
            assert_eq!(kept, !wiping, "{page_size} {mapped}: {:?}", free.dead);
            let overflow: u64 = store.parts.iter().map(|part| part.overflow_pages).sum();
            assert!(overflow > 0, "{page_size} {mapped}");
        }
    }
}

/// Makes a file with long rows, an index and free pages; gives how many pages it has.
async fn a_file(path: &std::path::Path, page_size: u32, mapped: bool, wiping: bool) -> u64 {
    let vacuum = if mapped {
        sqlx::sqlite::SqliteAutoVacuum::Incremental
    } else {
        sqlx::sqlite::SqliteAutoVacuum::None
    };
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(page_size)
        .auto_vacuum(vacuum)
        .pragma("secure_delete", if wiping { "ON" } else { "OFF" });
    let mut conn = sqlx::ConnectOptions::connect(&options).await.expect("open");
    sqlx::raw_sql(
        "CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT, long TEXT);
         CREATE INDEX rows_by_name ON rows (name);
         CREATE TABLE keys (name TEXT PRIMARY KEY, n) WITHOUT ROWID;
         CREATE VIEW seen AS SELECT name FROM rows;
         WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000)
           INSERT INTO rows SELECT n, hex(randomblob(8)), CASE WHEN n % 20 = 0 THEN hex(randomblob(40000)) ELSE hex(randomblob(30)) END FROM c;
         INSERT INTO keys SELECT name || name || name, id FROM rows;
         DELETE FROM rows WHERE id % 2 = 0 OR id > 2000;
         DELETE FROM keys WHERE n < 1500;
         CREATE TABLE late (x); INSERT INTO late VALUES (1); INSERT INTO rows VALUES (5000, 'last', hex(randomblob(70000)))",
    )
    .execute(&mut conn)
    .await
    .expect("rows");
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut conn)
        .await
        .expect("pages");
    sqlx::Connection::close(conn).await.expect("closed");
    pages.unsigned_abs()
}
