//! Imports against a real data directory, through the public surface alone.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::{
    access::{Actor, Powers, Role},
    id::{DatasetId, ProfileId},
    problem::Code,
    profile::ProfileDetail,
    segment::{SegmentKind, SegmentSpec},
    value::Value,
};
use engine::{
    Engine, Error, OpenOptions,
    clock::Clock,
    import::{ImportKind, ImportOptions, ImportReport, ListMode},
};
use std::{
    io::{Cursor, Write as _},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, ReadBuf};

const CDNOW: &[u8] = include_bytes!("../data/cdnow_purchases.csv.gz");

/// An open engine on a directory of its own, with its first dataset.
struct Bench {
    engine: Engine,
    dataset: DatasetId,
    dir: tempfile::TempDir,
}

fn operator() -> Actor {
    Actor::operator(0)
}

async fn open(dir: &tempfile::TempDir) -> Engine {
    Engine::open(OpenOptions { dir: dir.path().to_path_buf(), clock: Clock::system() }).await.unwrap()
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = open(&dir).await;
        let dataset = engine.dataset(&operator(), "main").await.unwrap().id;
        Self { engine, dataset, dir }
    }

    async fn import(&self, kind: ImportKind, options: ImportOptions, text: &str) -> Result<ImportReport, Error> {
        let input = Cursor::new(text.as_bytes().to_vec());
        self.engine.import(&operator(), self.dataset, kind, options, input).await
    }

    async fn profiles(&self, text: &str) -> ImportReport {
        self.import(ImportKind::Profiles, ImportOptions::default(), text).await.unwrap()
    }

    async fn events(&self, text: &str) -> ImportReport {
        self.import(ImportKind::Events, ImportOptions::default(), text).await.unwrap()
    }

    async fn list(&self, name: &str, mode: ListMode, text: &str) -> Result<ImportReport, Error> {
        let options = ImportOptions { list: Some(name.to_owned()), mode, ..ImportOptions::default() };
        self.import(ImportKind::Lists, options, text).await
    }

    async fn find(&self, identity: &str) -> Option<ProfileDetail> {
        self.engine.profile_by_identity(&operator(), self.dataset, identity).await.ok()
    }

    async fn id(&self, identity: &str) -> Option<ProfileId> {
        self.find(identity).await.map(|found| found.profile.id)
    }

    async fn counts(&self) -> (i64, i64) {
        let engine = &self.engine;
        // Figures are kept for a moment, so another handle on the same numbers is asked: the preview of a rule.
        let all = engine.preview(&operator(), self.dataset, "bucket(0, 100)").await.unwrap().count;
        let mut events = 0;
        for row in engine.profiles(&operator(), self.dataset, domain::profile::ProfileQuery::default()).await.unwrap().items {
            events += engine.profile(&operator(), self.dataset, row.id).await.unwrap().events_total;
        }
        (all, events)
    }
}

fn numbers(report: &ImportReport) -> (i64, i64, i64, i64) {
    (report.accepted, report.created, report.updated, report.rejected)
}

fn code(result: Result<ImportReport, Error>) -> Code {
    result.unwrap_err().into_problem().code
}

#[tokio::test]
async fn every_purchase_of_cdnow_is_taken() {
    let bench = Bench::new().await;
    let report = bench
        .engine
        .import(&operator(), bench.dataset, ImportKind::Events, ImportOptions::default(), Cursor::new(CDNOW))
        .await
        .unwrap();
    assert_eq!(numbers(&report), (69_659, 23_570, 0, 0));
    let figures = bench.engine.figures(&operator(), bench.dataset).await.unwrap();
    assert_eq!((figures.profiles, figures.events), (23_570, 69_659));
    assert_eq!(figures.revenue.to_decimal_string(), "2500315.63");
    for (rule, count) in [("last(purchase) before 1998-01-01", 18_196), ("sum(purchase.value) > 500", 734)] {
        assert_eq!(bench.engine.preview(&operator(), bench.dataset, rule).await.unwrap().count, count, "{rule}");
    }
}

#[tokio::test]
async fn attributes_are_typed_and_later_ones_win() {
    let bench = Bench::new().await;
    let report = bench
        .profiles("\u{feff}user_id;First Name;age;city;since;member\r\nu1;Ada;36;\"Lon;don\";2017-10-01;true\r\nu2;;007;#N/A;;\r\n")
        .await;
    assert_eq!(numbers(&report), (2, 2, 0, 0));
    let report = bench.profiles("user_id,age,city\nu1,37,\nu3,1,\nu3,2,Rome\n").await;
    assert_eq!(numbers(&report), (3, 1, 1, 0));
    let ada = bench.find("u1").await.unwrap().profile;
    let shown = |name: &str| ada.attributes.get(name).map(ToString::to_string);
    assert_eq!(shown("age").as_deref(), Some("37"));
    assert_eq!(shown("city").as_deref(), Some("Lon;don"));
    assert_eq!(shown("first_name").as_deref(), Some("Ada"));
    assert!(matches!(ada.attributes.get("since"), Some(Value::Time(_))));
    assert_eq!(ada.attributes.get("member"), Some(&Value::Bool(true)));
    let second = bench.find("u2").await.unwrap().profile.attributes;
    assert_eq!(second.len(), 2);
    assert_eq!(second.get("age"), Some(&Value::Text("007".into())));
    assert_eq!(bench.find("u3").await.unwrap().profile.attributes.get("city"), Some(&Value::Text("Rome".into())));
}

#[tokio::test]
async fn the_strongest_identity_decides_and_weaker_ones_are_not_moved() {
    let bench = Bench::new().await;
    bench.profiles("user_id,email,phone\nu1, Ada@Example.com ,1\nu2,bob@example.com,2\n").await;
    let (ada, bob) = (bench.id("u1").await, bench.id("u2").await);
    assert_eq!(bench.id("ada@example.com").await, ada);
    let report = bench.profiles("user_id,email\nu1,bob@example.com\n").await;
    assert_eq!((report.warned, report.warnings[0].line), (1, 2));
    assert!(!report.warnings[0].reason.contains("bob"));
    assert_eq!(bench.id("bob@example.com").await, bob);
    // A new address replaces the old one, which then is nobody's; within one file the order of its lines counts.
    let report = bench.profiles("user_id,email\nu1,ada@new.example\n,ada@example.com\nu2,ada@example.com\n").await;
    assert_eq!((report.accepted, report.created, report.updated, report.warned), (3, 1, 2, 1));
    assert_eq!(bench.id("ada@new.example").await, ada);
    let third = bench.id("ada@example.com").await;
    assert!(third.is_some() && third != ada && third != bob);
    // There and back again leaves one address.
    bench.profiles("user_id,email\nu2,x@example.com\nu2,bob@example.com\n").await;
    assert_eq!((bench.id("bob@example.com").await, bench.id("x@example.com").await), (bob, None));
    assert_eq!(bench.find("u2").await.unwrap().profile.email.as_deref(), Some("bob@example.com"));
}

#[tokio::test]
async fn anonymous_ids_gather_and_lead_to_their_person() {
    let bench = Bench::new().await;
    bench.events("user_id,anonymous_id,event,timestamp\nu1,a1,visit,2026-01-02\nu1,a2,visit,2026-01-01\n").await;
    let report = bench.events("anonymous_id,event,timestamp\na2,click,2026-01-03 10:00\na3,visit,2026-01-01T10:00:00+01:00\n").await;
    assert_eq!(numbers(&report), (2, 1, 1, 0));
    let one = bench.find("u1").await.unwrap();
    assert_eq!((one.profile.anonymous_ids.len(), one.events_total), (2, 3));
    assert_eq!(one.profile.first_seen.unwrap().to_date(), "2026-01-01");
    assert_eq!(one.profile.last_seen.unwrap().to_rfc3339(), "2026-01-03T10:00:00.000Z");
    assert_eq!(bench.find("a3").await.unwrap().profile.last_seen.unwrap().to_rfc3339(), "2026-01-01T09:00:00.000Z");
}

#[tokio::test]
async fn a_message_id_makes_an_event_one_and_equal_lines_are_two() {
    let bench = Bench::new().await;
    let same = "user_id,event,timestamp,value\nu1,purchase,2026-01-01,5\nu1,purchase,2026-01-01,5\n";
    assert_eq!(numbers(&bench.events(same).await), (2, 1, 0, 0));
    assert_eq!(bench.find("u1").await.unwrap().events_total, 2);
    let sent = "user_id,event,timestamp,value,messageId\nu2,purchase,2026-01-01,5,m1\nu2,purchase,2026-01-01,5,m1\nu2,purchase,2026-01-01,5,m2\n";
    for _ in 0..2 {
        assert_eq!(bench.events(sent).await.accepted, 3);
    }
    assert_eq!(bench.find("u2").await.unwrap().events_total, 2);
    let figures = bench.engine.figures(&operator(), bench.dataset).await.unwrap();
    assert_eq!(figures.revenue.to_decimal_string(), "20");
}

#[tokio::test]
async fn bad_rows_are_reported_with_their_line_and_never_quoted() {
    let bench = Bench::new().await;
    let mut file = b"user_id,email,event,timestamp,value,currency\n".to_vec();
    for row in [
        &b"u1,,visit,2026-01-01,,"[..],
        b"u1,not-an-address,visit,2026-01-01,,",
        b",,visit,2026-01-01,,",
        b"NULL,,visit,2026-01-01,,",
        b"u1,,,2026-01-01,,",
        b"u1,,visit,secret,,",
        b"u1,,visit,2026-01-01,1.1234567,",
        b"u1,,visit,2026-01-01,99999999999999,",
        b"u1,,visit,2026-01-01,1,EUR",
        b"u1,,visit,2026-01-01,1,usd",
        b"u1,,vis\xffit,2026-01-01,,",
        b"u1,,vis\0it,2026-01-01,,",
        b"u1,,visit",
        b"u1,,visit,2026-01-01,,,,",
        b"\"u\n1\",,visit,2026-01-01,,",
        b"u2,,\"visit\",2026-01-01,-0.5,",
    ] {
        file.extend_from_slice(row);
        file.push(b'\n');
    }
    let input = Cursor::new(file);
    let report = bench.engine.import(&operator(), bench.dataset, ImportKind::Events, ImportOptions::default(), input).await.unwrap();
    assert_eq!(numbers(&report), (3, 2, 0, 13), "{:?}", report.errors);
    let lines: Vec<i64> = report.errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16]);
    for error in &report.errors {
        assert!(!["not-an-address", "secret", "99999", "EUR"].iter().any(|cell| error.reason.contains(cell)), "{error:?}");
    }
}

#[tokio::test]
async fn electronic_sales_become_purchases_by_map_and_set() {
    let bench = Bench::new().await;
    let pair = |field: &str, column: &str| (field.to_owned(), column.to_owned());
    let options = ImportOptions {
        map: vec![pair("timestamp", "Purchase Date"), pair("value", "Total Price")],
        set: vec![pair("event", "purchase")],
        ..ImportOptions::default()
    };
    let text = "Customer ID,Gender,Total Price,Quantity,Purchase Date,Add-ons Purchased\n1000,#N/A,5538.33,7,2024-03-20,\"Accessory,Impulse\"\n";
    let report = bench.import(ImportKind::Events, options.clone(), text).await.unwrap();
    assert_eq!(numbers(&report), (1, 1, 0, 0));
    let rule = "count(purchase where \"Add-ons Purchased\" = \"Accessory,Impulse\") = 1 and sum(purchase.quantity) = 7";
    assert_eq!(bench.engine.preview(&operator(), bench.dataset, rule).await.unwrap().count, 1);
    assert_eq!(code(bench.import(ImportKind::Events, options, "Customer ID,Total Price\n1,2\n").await), Code::Invalid);
}

#[tokio::test]
async fn ndjson_is_taken_plain_and_as_tracking_messages() {
    let bench = Bench::new().await;
    let report = bench
        .profiles(concat!(
            r#"{"email":"ada@example.com","age":36,"tags":["a"],"attributes":{"city":"London"},"note":null}"#, "\n\n",
            r#"{"type":"identify","userId":"u1","traits":{"email":"bob@example.com","plan":"pro"},"context":{"x":1}}"#, "\n",
            r#"{"email":"secret""#, "\n",
            r#"{"type":"track","userId":"u1","event":"x"}"#, "\n",
        ))
        .await;
    assert_eq!(numbers(&report), (2, 2, 0, 2), "{:?}", report.errors);
    assert_eq!(report.errors.iter().map(|error| error.line).collect::<Vec<_>>(), [4, 5]);
    assert!(!report.errors[0].reason.contains("secret"));
    let ada = bench.find("ada@example.com").await.unwrap().profile.attributes;
    assert_eq!(ada.get("tags"), Some(&Value::Other("[\"a\"]".into())));
    assert_eq!(ada.get("city"), Some(&Value::Text("London".into())));
    let report = bench
        .events(concat!(
            r#"{"type":"track","userId":"u1","event":"Order Completed","messageId":"m1","timestamp":"2026-01-01T00:00:00Z","properties":{"value":12345678901.123456,"sku":"a"}}"#, "\n",
            r#"{"type":"page","anonymousId":"a1","messageId":"m2"}"#, "\n",
            r#"{"type":"identify","userId":"u1","traits":{"plan":"free"}}"#, "\n",
            r#"{"user_id":"u1","event":"visit","timestamp":"2026-01-02","value":"2.50"}"#, "\n",
        ))
        .await;
    assert_eq!(numbers(&report), (4, 1, 1, 0), "{:?}", report.errors);
    let one = bench.find("u1").await.unwrap();
    assert_eq!(one.profile.attributes.get("plan"), Some(&Value::Text("free".into())));
    let amounts: Vec<_> = one.events.iter().filter_map(|event| event.value).map(|value| value.to_decimal_string()).collect();
    assert_eq!(amounts, ["2.5", "12345678901.123456"]);
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let bench = Bench::new().await;
    bench.profiles("user_id\nu1\n").await;
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let text = "user_id,event,timestamp\nu1,visit,2026-01-01\nu2,visit,2026-01-01\nu2,visit,2026-01-02\n,visit,2026-01-01\n";
    let report = bench.import(ImportKind::Events, options, text).await.unwrap();
    assert_eq!((numbers(&report), report.dry_run), ((3, 1, 1, 1), true));
    assert_eq!(bench.counts().await, (1, 0));
    let options = ImportOptions { dry_run: true, list: Some("News".into()), ..ImportOptions::default() };
    assert_eq!(numbers(&bench.import(ImportKind::Lists, options, "user_id\nu1\nu9\n").await.unwrap()), (1, 0, 1, 1));
    assert!(bench.engine.segment_by_name(&operator(), bench.dataset, "News").await.is_err());
}

#[tokio::test]
async fn strict_stops_at_the_first_bad_row_and_says_what_stays() {
    let bench = Bench::new().await;
    let options = ImportOptions { strict: true, ..ImportOptions::default() };
    let mut text = String::from("user_id,email\n");
    for i in 0..70_000 {
        text.push_str(&format!("u{},\n", i % 700));
    }
    text.push_str("bad,nonsense\nlast,\n");
    let problem = bench.import(ImportKind::Profiles, options.clone(), &text).await.unwrap_err().into_problem();
    assert_eq!(problem.code, Code::Invalid);
    assert!(problem.message.starts_with("Line 70002: email"), "{}", problem.message);
    let Some(domain::problem::Detail::Number(stays)) = problem.details.get("accepted").cloned() else { panic!("no number") };
    assert_eq!(stays, 65_536, "the windows before the one with the bad row");
    assert_eq!(bench.counts().await.0, 700);
    assert!(bench.id("last").await.is_none());
    let problem = bench.import(ImportKind::Profiles, options, "user_id,email\nx,\ny,z\n").await.unwrap_err().into_problem();
    assert!(problem.message.ends_with("Nothing was imported."), "{}", problem.message);
}

/// Gives what it has and then fails, as a broken connection does.
struct Broken(Cursor<Vec<u8>>);

impl AsyncRead for Broken {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if self.0.position() == self.0.get_ref().len() as u64 {
            return Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

#[tokio::test]
async fn an_interrupted_file_goes_on_where_it_stopped() {
    let mut bench = Bench::new().await;
    let mut text = String::from("user_id,event,timestamp\n");
    for i in 0..4_000 {
        text.push_str(&format!("u{},visit,2026-01-01\n", i % 50));
        if i % 1_000 == 999 {
            text.push_str("u1,visit,never\n");
        }
    }
    let options = ImportOptions { content_hash: Some([7; 32]), ..ImportOptions::default() };
    let half = Broken(Cursor::new(text.as_bytes()[..text.len() / 2].to_vec()));
    let stopped = bench.engine.import(&operator(), bench.dataset, ImportKind::Events, options.clone(), half).await;
    let problem = stopped.unwrap_err().into_problem();
    assert_eq!(problem.code, Code::BadRequest);
    assert!(problem.message.contains("stay"), "{}", problem.message);
    bench.engine.close().await;
    let Bench { engine, dir, dataset } = bench;
    drop(engine);
    bench = Bench { engine: open(&dir).await, dataset, dir };
    let report = bench.import(ImportKind::Events, options.clone(), &text).await.unwrap();
    assert_eq!((report.accepted, report.created, report.rejected), (4_000, 50, 4));
    assert_eq!(bench.counts().await, (50, 4_000));
    // Sent once more it is another import, and the report says what that means.
    let report = bench.import(ImportKind::Events, options, &text).await.unwrap();
    assert_eq!((report.accepted, bench.counts().await.1), (4_000, 8_000));
    assert!(report.remarks.iter().any(|remark| remark.contains("twice")));
    drop(bench.dir);
}

#[tokio::test]
async fn a_window_that_was_stopped_half_way_goes_on_row_by_row() {
    let bench = Bench::new().await;
    let known: String = (0..100).map(|i| format!("u{i}\n")).collect();
    bench.profiles(&format!("user_id\n{known}")).await;
    let mut text = String::from("user_id,event,timestamp\n");
    (0..6_000).for_each(|i| text.push_str(&format!("u{},visit,2026-01-01\n", i * 37 % 200)));
    // One kind of event too many, by somebody who comes last: the slices before are committed when it is met.
    (0..1_000).for_each(|i| text.push_str(&format!("last,kind {i},2026-01-01\n")));
    let options = ImportOptions { content_hash: Some([9; 32]), strict: true, ..ImportOptions::default() };
    let problem = bench.import(ImportKind::Events, options.clone(), &text).await.unwrap_err().into_problem();
    assert!(problem.message.starts_with("Line 7001: the dataset would have more than"), "{}", problem.message);
    let Some(domain::problem::Detail::Number(stays)) = problem.details.get("accepted").cloned() else { panic!("no number") };
    assert!(stays > 0 && stays < 6_999, "{stays}");
    let lenient = ImportOptions { strict: false, ..options };
    let report = bench.import(ImportKind::Events, lenient, &text).await.unwrap();
    assert_eq!((report.accepted, report.created, report.rejected), (6_999, 101, 1));
    assert_eq!(bench.find("u0").await.unwrap().events_total, 30);
    assert_eq!(bench.find("u199").await.unwrap().events_total, 30);
    assert_eq!(bench.find("last").await.unwrap().events_total, 999);
    let figures = bench.engine.figures(&operator(), bench.dataset).await.unwrap();
    assert_eq!((figures.profiles, figures.events), (201, 6_999));
}

#[tokio::test]
async fn a_list_replaces_adds_and_removes() {
    let bench = Bench::new().await;
    bench.profiles("user_id,email\nu1,a@example.com\nu2,b@example.com\nu3,c@example.com\n").await;
    let report = bench.list("News", ListMode::Replace, "Email Address,Name\nA@example.com,x\nb@example.com,y\nnobody@example.com,z\n").await.unwrap();
    assert_eq!(numbers(&report), (2, 0, 2, 1));
    let segment = bench.engine.segment_by_name(&operator(), bench.dataset, "News").await.unwrap();
    assert_eq!((segment.kind, segment.count.unwrap().value), (SegmentKind::List, 2));
    let members = async || {
        let rule = "in segment \"News\"";
        let preview = bench.engine.preview(&operator(), bench.dataset, rule).await.unwrap();
        let shown = bench.engine.segment_by_name(&operator(), bench.dataset, "News").await.unwrap();
        assert_eq!(shown.count.unwrap().value, preview.count);
        preview.count
    };
    assert_eq!(numbers(&bench.list("News", ListMode::Add, "user_id\nu2\nu3\nu3\n").await.unwrap()), (3, 0, 1, 0));
    assert_eq!(members().await, 3);
    assert_eq!(numbers(&bench.list("News", ListMode::Remove, "user_id\nu1\n").await.unwrap()), (1, 0, 1, 0));
    assert_eq!(members().await, 2);
    assert_eq!(numbers(&bench.list("News", ListMode::Replace, "user_id\nu1\n").await.unwrap()), (1, 0, 3, 0));
    assert_eq!(members().await, 1);
    // A file that names nobody is a mistake, not a wish for an empty list.
    assert_eq!(code(bench.list("News", ListMode::Replace, "user_id\nu77\n").await), Code::Invalid);
    assert_eq!(members().await, 1);
    assert!(bench.engine.segment_by_name(&operator(), bench.dataset, "News").await.unwrap().version > segment.version);
}

#[tokio::test]
async fn a_list_fills_no_rule_segment_and_no_disabled_one() {
    let bench = Bench::new().await;
    bench.profiles("user_id\nu1\n").await;
    let spec = |name: &str, kind, rule: Option<&str>| SegmentSpec { name: name.into(), kind, rule: rule.map(Into::into) };
    bench.engine.create_segment(&operator(), bench.dataset, spec("R", SegmentKind::Rule, Some("user_id is set"))).await.unwrap();
    let manual = bench.engine.create_segment(&operator(), bench.dataset, spec("M", SegmentKind::Manual, None)).await.unwrap();
    assert_eq!(code(bench.list("R", ListMode::Add, "user_id\nu1\n").await), Code::Invalid);
    assert_eq!(bench.list("M", ListMode::Add, "user_id\nu1\n").await.unwrap().accepted, 1);
    bench.engine.disable_segment(&operator(), bench.dataset, manual.id).await.unwrap();
    assert_eq!(code(bench.list("M", ListMode::Add, "user_id\nu1\n").await), Code::SegmentDisabled);
    assert_eq!(code(bench.list("New", ListMode::Remove, "user_id\nu1\n").await), Code::NotFound);
}

#[tokio::test]
async fn only_who_may_import_imports() {
    let bench = Bench::new().await;
    let viewer = Actor { name: "v".into(), powers: Powers::Person { role: Role::Viewer }, dataset: None };
    let input = Cursor::new(b"user_id\nu1\n");
    let refused = bench.engine.import(&viewer, bench.dataset, ImportKind::Profiles, ImportOptions::default(), input).await;
    assert_eq!(code(refused), Code::Forbidden);
    let refused = bench.engine.import(&operator(), DatasetId(99), ImportKind::Profiles, ImportOptions::default(), Cursor::new(b"user_id\nu1\n")).await;
    assert_eq!(code(refused), Code::NotFound);
}

#[tokio::test]
async fn a_damaged_gzip_file_is_refused_and_what_was_read_stays() {
    let bench = Bench::new().await;
    let mut text = String::from("user_id\n");
    (0..20_000).for_each(|i| text.push_str(&format!("user-{i}-{}\n", i * 7919 % 10_007)));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let mut packed = encoder.finish().unwrap();
    packed.truncate(packed.len() - 100);
    let refused = bench.engine.import(&operator(), bench.dataset, ImportKind::Profiles, ImportOptions::default(), Cursor::new(packed)).await;
    let problem = refused.unwrap_err().into_problem();
    assert_eq!(problem.code, Code::BadRequest);
    let Some(domain::problem::Detail::Number(stays)) = problem.details.get("accepted").cloned() else { panic!("no number") };
    assert_eq!(bench.counts().await.0, stays);
    let empty = bench.profiles("").await;
    assert_eq!(numbers(&empty), (0, 0, 0, 0));
}
