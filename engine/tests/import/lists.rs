//! Lists: replacing, adding, removing, and who is refused.

use super::bench::*;
use domain::{
    problem::Code,
    segment::{SegmentKind, SegmentSpec},
};
use engine::import::ListMode;

/// How many are in the segment News: the cached count, which must be what its rule finds.
async fn members(bench: &Bench) -> i64 {
    let (actor, rule) = (operator(), "in segment \"News\"");
    let preview = bench.engine.preview(&actor, bench.dataset, rule).await;
    let shown = bench.engine.segment_by_name(&actor, bench.dataset, "News").await;
    let count = preview.unwrap().count;
    assert_eq!(shown.unwrap().count.unwrap().value, count);
    count
}

#[tokio::test]
async fn a_list_replaces_adds_and_removes() {
    let bench = Bench::new().await;
    let people = "user_id,email\nu1,a@example.com\nu2,b@example.com\nu3,c@example.com\n";
    bench.profiles(people).await;
    let file = "Email Address,Name\nA@example.com,x\nb@example.com,y\nnobody@example.com,z\n";
    let report = bench.list("News", ListMode::Replace, file).await.unwrap();
    assert_eq!(numbers(&report), (2, 0, 2, 1));
    let news = async || {
        let found = bench
            .engine
            .segment_by_name(&operator(), bench.dataset, "News")
            .await;
        found.unwrap()
    };
    let first = news().await;
    assert_eq!((first.kind, first.count.unwrap().value), (SegmentKind::List, 2));
    for (mode, file, wanted, left) in [
        (ListMode::Add, "user_id\nu2\nu3\nu3\n", (3, 0, 1, 0), 3),
        (ListMode::Remove, "user_id\nu1\n", (1, 0, 1, 0), 2),
        (ListMode::Replace, "user_id\nu1\n", (1, 0, 3, 0), 1),
    ] {
        let report = bench.list("News", mode, file).await.unwrap();
        assert_eq!(
            (numbers(&report), members(&bench).await),
            (wanted, left),
            "{mode:?}"
        );
    }
    // A file that names nobody is a mistake, not a wish for an empty list.
    let refused = bench.list("News", ListMode::Replace, "user_id\nu77\n").await;
    assert_eq!(code(refused), Code::Invalid);
    assert_eq!(members(&bench).await, 1);
    assert!(news().await.version > first.version);
}

#[tokio::test]
async fn a_list_fills_no_rule_segment_and_no_disabled_one() {
    let bench = Bench::new().await;
    bench.profiles("user_id\nu1\n").await;
    let spec = |name: &str, kind, rule: Option<&str>| SegmentSpec {
        name: name.into(),
        kind,
        rule: rule.map(Into::into),
    };
    bench
        .engine
        .create_segment(
            &operator(),
            bench.dataset,
            spec("R", SegmentKind::Rule, Some("user_id is set")),
        )
        .await
        .unwrap();
    let manual = bench
        .engine
        .create_segment(&operator(), bench.dataset, spec("M", SegmentKind::Manual, None))
        .await
        .unwrap();
    assert_eq!(
        code(bench.list("R", ListMode::Add, "user_id\nu1\n").await),
        Code::Invalid
    );
    assert_eq!(
        bench
            .list("M", ListMode::Add, "user_id\nu1\n")
            .await
            .unwrap()
            .accepted,
        1
    );
    bench
        .engine
        .disable_segment(&operator(), bench.dataset, manual.id)
        .await
        .unwrap();
    assert_eq!(
        code(bench.list("M", ListMode::Add, "user_id\nu1\n").await),
        Code::SegmentDisabled
    );
    assert_eq!(
        code(bench.list("New", ListMode::Remove, "user_id\nu1\n").await),
        Code::NotFound
    );
}
