//! Registered uses: their list row by row, and their place in usage, impact and plan hash, counted by hand.
//!
//! Six people: u1 to u3 are in group a, u4 and u5 in b, u6 in none. “A” is group a; “Wide” is A or group b; “VIP” is u1.

use super::{campaigns::spec, *};
use crate::import::{ImportOptions, ImportReport};
use domain::{
    audit::AuditFilter,
    guard::{Verdict, findings},
    page::PageRequest,
    time::DAY_MS,
    usage::{ListStanding, Usage, UsageKind, UsageRole, UseKind},
};
use std::io::Cursor;

const HEADER: &str = "id,kind,name,status,include,exclude,owner,link\n";

async fn six() -> (House, SegmentId) {
    let house = House::new().await;
    for (user, group) in [
        ("u1", "a"),
        ("u2", "a"),
        ("u3", "a"),
        ("u4", "b"),
        ("u5", "b"),
        ("u6", ""),
    ] {
        house.member(user, group).await;
    }
    let a = house.rule("A", r#"attr.group = "a""#).await.id;
    house.rule("Wide", r#"in segment "A" or attr.group = "b""#).await;
    house.rule("VIP", r#"user_id = "u1""#).await;
    (house, a)
}

async fn try_list(house: &House, text: &str, options: ImportOptions) -> Result<ImportReport> {
    let input = Cursor::new(text.as_bytes().to_vec());
    house
        .engine
        .import_uses(&admin(), house.main, options, input)
        .await
}

async fn list(house: &House, rows: &str) -> ImportReport {
    try_list(house, &format!("{HEADER}{rows}"), ImportOptions::default())
        .await
        .expect("a report")
}

async fn hash(house: &House, segment: SegmentId) -> String {
    let impact = house.engine.impact(&admin(), house.main, segment, None).await;
    impact.expect("impact").plan_hash
}

fn line(usage: &Usage) -> (&str, UsageRole, Vec<&str>, i64, i64, i64, bool) {
    let via = usage.via.iter().map(String::as_str).collect();
    let counts = (usage.eligible_now, usage.eligible_after, usage.members);
    (
        usage.name.as_str(),
        usage.role,
        via,
        counts.0,
        counts.1,
        counts.2,
        usage.running(),
    )
}

#[tokio::test]
async fn they_stand_in_usage_directly_and_through_segments_with_hand_counted_figures() {
    let (house, a) = six().await;
    let engine = &house.engine;
    engine
        .create_campaign(&admin(), house.main, spec("Own", &[a], &[]))
        .await
        .expect("a campaign");
    let rows = "j1,journey,Welcome,Active,A,VIP,CRM,https://j.example.com/1\n\
                t1,trigger,Far,paused,Wide,,,\n\
                x1,export,Everyone else,running,,A,Ops,\n\
                p1,promotion,Elsewhere,active,VIP,,,\n";
    let report = list(&house, rows).await;
    assert_eq!(
        (report.accepted, report.created, report.rejected),
        (4, 4, 0),
        "{report:?}"
    );
    let usage = engine.usage(&admin(), house.main, a).await.expect("usage");
    let lines: Vec<_> = usage.iter().map(line).collect();
    let expected = [
        // Own campaigns first, then what is registered (running first, then the direct), then segments.
        ("Own", UsageRole::Include, vec![], 3, 0, 3, true),
        // Everyone but group a: u4, u5, u6 now and after; none of those who go.
        ("Everyone else", UsageRole::Exclude, vec![], 3, 3, 0, true),
        // Group a without u1: u2 and u3, who both go.
        ("Welcome", UsageRole::Include, vec![], 2, 0, 2, true),
        // u1 to u5; u4 and u5 stay.
        ("Far", UsageRole::Include, vec!["Wide"], 5, 2, 3, false),
        ("Wide", UsageRole::Segment, vec![], 5, 2, 3, false),
    ];
    assert_eq!(lines, expected);
    let UsageKind::Registered {
        id,
        kind,
        status,
        owner,
        link,
        listed_at,
    } = &usage.get(2).expect("welcome").what
    else {
        panic!("{usage:?}");
    };
    assert_eq!(
        (id.as_str(), *kind, status.as_str()),
        ("j1", UseKind::Journey, "Active")
    );
    assert_eq!(
        (owner.as_deref(), link.as_deref()),
        (Some("CRM"), Some("https://j.example.com/1"))
    );
    assert!(*listed_at >= NOW);
    let impact = engine
        .impact(&admin(), house.main, a, None)
        .await
        .expect("impact");
    assert_eq!(impact.usage, usage);
    assert_eq!((impact.running_campaigns(), impact.uses_list.uses), (1, 4));
    let warned = findings(&impact);
    let elsewhere = warned.iter().find(|finding| finding.title.contains("2 things"));
    let elsewhere = elsewhere.expect("two running uses of other systems");
    assert_eq!(elsewhere.verdict, Verdict::Warn);
    assert!(
        elsewhere.sentence.contains("“Welcome” will reach nobody, 2 now."),
        "{}",
        elsewhere.sentence
    );
    let mut conn = engine.inner.store.read().await.expect("a reader");
    let own = crate::service::usage::running_campaigns(&mut conn, house.main, a)
        .await
        .expect("names");
    assert_eq!(own, ["Own"], "what runs elsewhere holds no job up");
}

#[tokio::test]
async fn bad_rows_are_reported_by_line_without_quoting_them() {
    let (house, _) = six().await;
    house.rule("Big spenders", "user_id is set").await;
    let rows = "ok,journey,Fine,active,A | Wide,,,\n\
                b1,journey,Odd segment,active,A|Big spender,,,\n\
                b2,letter,Odd kind,active,A,,,\n\
                b3,journey,Odd link,active,A,,,javascript:alert(1)\n\
                ,journey,No id,active,A,,,\n\
                b5,journey,,active,A,,,\n\
                b6,journey,No status,,A,,,\n\
                b7,journey,Both,active,A,A,,\n\
                ok,journey,Twice,active,A,,,\n\
                b9,journey,Short\n\
                n1,export,No segment,active,,,,\n";
    let report = list(&house, rows).await;
    assert_eq!((report.accepted, report.created, report.rejected), (2, 2, 9));
    let said: Vec<(i64, &str)> = report
        .errors
        .iter()
        .map(|e| (e.line, e.reason.as_str()))
        .collect();
    let expected = [
        (
            3,
            "name 2 of include is no segment of this dataset; the nearest name is “Big spenders”",
        ),
        (4, "kind is campaign, journey, trigger, promotion or export"),
        (5, "link is no http or https address"),
        (6, "id is empty"),
        (7, "name is empty or longer than 120 characters"),
        (8, "status is empty"),
        (9, "a segment is both included and excluded"),
        (10, "the id stands on line 2 already"),
        (11, "the row has 3 cells, the header has 8"),
    ];
    assert_eq!(said, expected);
    assert_eq!(report.warnings.first().map(|w| w.line), Some(12));
}

#[tokio::test]
async fn a_strict_list_a_trial_and_somebody_who_may_not_write_nothing() {
    let (house, _) = six().await;
    list(&house, "j1,journey,One,active,A,,,\n").await;
    let strict = ImportOptions {
        strict: true,
        ..ImportOptions::default()
    };
    let before = house
        .engine
        .registered_uses(&admin(), house.main)
        .await
        .expect("uses");
    let refused = problem(
        try_list(
            &house,
            &format!("{HEADER}z,journey,Z,on,A,,,\nb,letter,B,on,A,,,\n"),
            strict,
        )
        .await,
    );
    assert_eq!(refused.code, Code::Invalid);
    assert!(
        refused.message.starts_with("Line 3: kind is") && refused.message.ends_with("Nothing was imported.")
    );
    let trial = ImportOptions {
        dry_run: true,
        ..ImportOptions::default()
    };
    let report = try_list(&house, &format!("{HEADER}z,journey,Z,on,A,,,\n"), trial)
        .await
        .expect("a report");
    assert_eq!((report.accepted, report.created, report.dry_run), (1, 1, true));
    let after = house
        .engine
        .registered_uses(&admin(), house.main)
        .await
        .expect("uses");
    assert_eq!(
        (after.uses, after.list),
        (before.uses, before.list),
        "neither wrote anything"
    );
    let nobody = person_with(Role::Viewer);
    let refused = house
        .engine
        .import_uses(
            &nobody,
            house.main,
            ImportOptions::default(),
            Cursor::new(Vec::new()),
        )
        .await;
    assert_eq!(code(refused), Code::Forbidden);
}

#[tokio::test]
async fn ndjson_and_other_column_names_say_the_same() {
    let (house, _) = six().await;
    let json = "{\"id\":17,\"kind\":\"Journey\",\"name\":\"One\",\"status\":\"on\",\"include\":[\"A\",\"Wide\"],\"more\":{}}\n\
                \n{\"id\":\"x\",\"kind\":\"export\",\"name\":\"Two\",\"status\":\"off\",\"exclude\":\"A|VIP\"}\n[1]\n";
    let report = try_list(&house, json, ImportOptions::default())
        .await
        .expect("a report");
    assert_eq!((report.accepted, report.rejected), (2, 1), "{report:?}");
    assert_eq!(report.errors.first().map(|e| e.line), Some(4));
    let options = ImportOptions {
        map: vec![("id".into(), "Key".into()), ("include".into(), "Segment".into())],
        set: vec![
            ("kind".into(), "trigger".into()),
            ("status".into(), "live".into()),
        ],
        ..ImportOptions::default()
    };
    let report = try_list(&house, "Key;Name;Segment;Notes\nk1;Three;Wide;x\n", options).await;
    let report = report.expect("a report");
    assert_eq!((report.accepted, report.remarks.len()), (1, 1), "{report:?}");
    let all = house
        .engine
        .registered_uses(&admin(), house.main)
        .await
        .expect("uses");
    let named = |list: &[(SegmentId, String)]| {
        list.iter()
            .map(|(_, name)| name.clone())
            .collect::<Vec<_>>()
            .join("+")
    };
    let lines: Vec<_> = all
        .uses
        .iter()
        .map(|it| {
            (
                it.id.as_str(),
                it.kind,
                it.status.as_str(),
                named(&it.include),
                named(&it.exclude),
            )
        })
        .collect();
    let expected = [
        ("17", UseKind::Journey, "on", "A+Wide".to_owned(), String::new()),
        ("k1", UseKind::Trigger, "live", "Wide".to_owned(), String::new()),
        ("x", UseKind::Export, "off", String::new(), "A+VIP".to_owned()),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_gzip_file_is_read_as_it_is() {
    use std::io::Write as _;
    let (house, a) = six().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let text = format!("{HEADER}j1,journey,One,active,A,,,\n");
    packed.write_all(text.as_bytes()).expect("packed");
    let input = Cursor::new(packed.finish().expect("packed"));
    let options = ImportOptions::default();
    let report = house
        .engine
        .import_uses(&admin(), house.main, options, input)
        .await;
    assert_eq!(report.expect("a report").accepted, 1);
    let usage = house.engine.usage(&admin(), house.main, a).await.expect("usage");
    assert!(usage.iter().any(|it| it.name == "One"));
}

#[tokio::test]
async fn a_later_list_keeps_what_it_leaves_out_and_says_so() {
    let (house, a) = six().await;
    let standing = async |house: &House| {
        let all = house
            .engine
            .registered_uses(&admin(), house.main)
            .await
            .expect("uses");
        let left_out = all.uses.iter().filter(|it| all.list.left_out(it.listed_at));
        let left_out: Vec<String> = left_out.map(|it| it.id.clone()).collect();
        (all.list.standing(all.as_of), all.uses.len(), left_out)
    };
    assert_eq!(standing(&house).await, (ListStanding::Never, 0, vec![]));
    list(&house, "j1,journey,One,active,A,,,\nj2,journey,Two,active,A,,,\n").await;
    let first = hash(&house, a).await;
    assert_eq!(standing(&house).await, (ListStanding::Current, 2, vec![]));

    let house = house.later(DAY_MS + 1).await;
    assert_eq!(standing(&house).await.0, ListStanding::Old);
    let again = list(&house, "j1,journey,One,active,A,,,\n").await;
    assert_eq!((again.accepted, again.created, again.updated), (1, 0, 0));
    assert_eq!(
        standing(&house).await,
        (ListStanding::Current, 2, vec!["j2".to_owned()])
    );
    assert_eq!(hash(&house, a).await, first, "being listed again changes no plan");

    let changed = list(&house, "j1,journey,One,paused,A,,,\n").await;
    assert_eq!((changed.created, changed.updated), (0, 1));
    let paused = hash(&house, a).await;
    assert_ne!(paused, first, "a status that changed does");

    house
        .engine
        .remove_use(&admin(), house.main, "j2")
        .await
        .expect("removed");
    assert_ne!(hash(&house, a).await, paused);
    assert_eq!(
        code(house.engine.remove_use(&admin(), house.main, "j2").await),
        Code::NotFound
    );
    let log = house
        .engine
        .audit(&admin(), AuditFilter::default(), PageRequest::default())
        .await
        .expect("the log");
    assert!(
        log.items
            .iter()
            .any(|entry| entry.action == "use.remove" && entry.object == "use:j2")
    );

    let house = house.later(1).await;
    list(&house, "").await;
    let (now, there, left_out) = standing(&house).await;
    assert_eq!(
        (now, there, left_out),
        (ListStanding::Empty, 1, vec!["j1".to_owned()])
    );
}

#[tokio::test]
async fn a_segment_that_another_system_runs_on_is_not_removed_unseen() {
    let (house, a) = six().await;
    list(&house, "j1,journey,Welcome,active,A,,,\n").await;
    let refused = problem(house.engine.delete_segment(&admin(), house.main, a).await);
    assert_eq!(refused.code, Code::InUse);
    assert!(format!("{refused:?}").contains("Welcome"), "{refused:?}");
}
