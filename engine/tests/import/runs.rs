//! What becomes of a file as a whole: dry, strict, interrupted, damaged, not allowed.

use super::bench::*;
use domain::{
    access::{Actor, Powers, Role},
    id::DatasetId,
    problem::{Code, Detail},
};
use engine::import::{ImportKind, ImportOptions};
use std::{
    io::{Cursor, Write as _},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, ReadBuf};

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let bench = Bench::new().await;
    bench.profiles("user_id\nu1\n").await;
    let options = ImportOptions {
        dry_run: true,
        ..ImportOptions::default()
    };
    let text = "user_id,event,timestamp\nu1,visit,2026-01-01\nu2,visit,2026-01-01\nu2,visit,2026-01-02\n,visit,2026-01-01\n";
    let report = bench.import(ImportKind::Events, options, text).await.unwrap();
    assert_eq!((numbers(&report), report.dry_run), ((3, 1, 1, 1), true));
    assert_eq!(bench.counts().await, (1, 0));
    let options = ImportOptions {
        dry_run: true,
        list: Some("News".into()),
        ..ImportOptions::default()
    };
    assert_eq!(
        numbers(
            &bench
                .import(ImportKind::Lists, options, "user_id\nu1\nu9\n")
                .await
                .unwrap()
        ),
        (1, 0, 1, 1)
    );
    assert!(
        bench
            .engine
            .segment_by_name(&operator(), bench.dataset, "News")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn strict_stops_at_the_first_bad_row_and_says_what_stays() {
    let bench = Bench::new().await;
    let options = ImportOptions {
        strict: true,
        ..ImportOptions::default()
    };
    let mut text = String::from("user_id,email\n");
    for i in 0..70_000 {
        text.push_str(&format!("u{},\n", i % 700));
    }
    text.push_str("bad,nonsense\nlast,\n");
    let problem = bench
        .import(ImportKind::Profiles, options.clone(), &text)
        .await
        .unwrap_err()
        .into_problem();
    assert_eq!(problem.code, Code::Invalid);
    assert!(
        problem.message.starts_with("Line 70002: email"),
        "{}",
        problem.message
    );
    let Some(domain::problem::Detail::Number(stays)) = problem.details.get("accepted").cloned() else {
        panic!("no number")
    };
    assert_eq!(stays, 65_536, "the windows before the one with the bad row");
    assert_eq!(bench.counts().await.0, 700);
    assert!(bench.id("last").await.is_none());
    let problem = bench
        .import(ImportKind::Profiles, options, "user_id,email\nx,\ny,z\n")
        .await
        .unwrap_err()
        .into_problem();
    assert!(
        problem.message.ends_with("Nothing was imported."),
        "{}",
        problem.message
    );
}

/// Gives what it has and then fails, as a broken connection does.
struct Broken(Cursor<Vec<u8>>);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
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
    let options = ImportOptions {
        content_hash: Some([7; 32]),
        ..ImportOptions::default()
    };
    let half = Broken(Cursor::new(text.as_bytes()[..text.len() / 2].to_vec()));
    let stopped = bench
        .engine
        .import(
            &operator(),
            bench.dataset,
            ImportKind::Events,
            options.clone(),
            half,
        )
        .await;
    let problem = stopped.unwrap_err().into_problem();
    assert_eq!(problem.code, Code::BadRequest);
    assert!(problem.message.contains("stay"), "{}", problem.message);
    bench.engine.close().await;
    let Bench { engine, dir, dataset } = bench;
    drop(engine);
    bench = Bench {
        engine: open(&dir).await,
        dataset,
        dir,
    };
    let report = bench
        .import(ImportKind::Events, options.clone(), &text)
        .await
        .unwrap();
    assert_eq!((report.accepted, report.created, report.rejected), (4_000, 50, 4));
    assert_eq!(bench.counts().await, (50, 4_000));
    // Sent once more it is another import, and the report says what that means.
    let report = bench.import(ImportKind::Events, options, &text).await.unwrap();
    assert_eq!((report.accepted, bench.counts().await.1), (4_000, 8_000));
    assert!(report.remarks.iter().any(|remark| remark.contains("twice")));
    drop(bench.dir);
}

#[tokio::test]
async fn only_who_may_import_imports() {
    let bench = Bench::new().await;
    let viewer = Actor {
        name: "v".into(),
        powers: Powers::Person { role: Role::Viewer },
        dataset: None,
    };
    let input = Cursor::new(b"user_id\nu1\n");
    let refused = bench
        .engine
        .import(
            &viewer,
            bench.dataset,
            ImportKind::Profiles,
            ImportOptions::default(),
            input,
        )
        .await;
    assert_eq!(code(refused), Code::Forbidden);
    let refused = bench
        .engine
        .import(
            &operator(),
            DatasetId(99),
            ImportKind::Profiles,
            ImportOptions::default(),
            Cursor::new(b"user_id\nu1\n"),
        )
        .await;
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
    let refused = bench
        .engine
        .import(
            &operator(),
            bench.dataset,
            ImportKind::Profiles,
            ImportOptions::default(),
            Cursor::new(packed),
        )
        .await;
    let problem = refused.unwrap_err().into_problem();
    assert_eq!(problem.code, Code::BadRequest);
    let Some(domain::problem::Detail::Number(stays)) = problem.details.get("accepted").cloned() else {
        panic!("no number")
    };
    assert_eq!(bench.counts().await.0, stays);
    let empty = bench.profiles("").await;
    assert_eq!(numbers(&empty), (0, 0, 0, 0));
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
    let options = ImportOptions {
        content_hash: Some([9; 32]),
        strict: true,
        ..ImportOptions::default()
    };
    let problem = bench
        .import(ImportKind::Events, options.clone(), &text)
        .await
        .unwrap_err()
        .into_problem();
    assert!(
        problem
            .message
            .starts_with("Line 7001: the dataset would have more than"),
        "{}",
        problem.message
    );
    let stays = match problem.details.get("accepted") {
        Some(Detail::Number(stays)) => *stays,
        _ => 0,
    };
    assert!(stays > 0 && stays < 6_999, "{stays}");
    let lenient = ImportOptions {
        strict: false,
        ..options
    };
    let report = bench.import(ImportKind::Events, lenient, &text).await.unwrap();
    assert_eq!(
        (report.accepted, report.created, report.rejected),
        (6_999, 101, 1)
    );
    assert_eq!(bench.find("u0").await.unwrap().events_total, 30);
    assert_eq!(bench.find("u199").await.unwrap().events_total, 30);
    assert_eq!(bench.find("last").await.unwrap().events_total, 999);
    let figures = bench.engine.figures(&operator(), bench.dataset).await.unwrap();
    assert_eq!((figures.profiles, figures.events), (201, 6_999));
}
