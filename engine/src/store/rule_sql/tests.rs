//! Holds the SQL of rules to what `domain::rule::eval` says, and to SQLite's limits.

use std::collections::{BTreeMap, BTreeSet};

use domain::rule::{EvalContext, Person, Rule, eval, parse};
use domain::segment::SegmentKind;
use domain::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, QueryBuilder};

use super::{RuleScope, SegmentDef, push_dataset_scan, push_rule, push_segment};

#[path = "../../../../domain/tests/rule/arbitrary.rs"]
mod arbitrary;
use arbitrary::{NOW, people, rules};

const DATASET: i64 = 7;
const OTHER_DATASET: i64 = 8;
const BLOCK: i64 = 1_048_576;

/// What is asked of one person: their rules, by number of the segment, and their listings.
#[derive(Clone, Debug)]
struct Someone {
    person: Person,
    /// Members of segments 4 (manual) and 5 (list).
    listed: (bool, bool),
    /// Target of the job that disabled 6; correction of 6, if there is one; member of 7.
    target: bool,
    correction: Option<bool>,
    stood_in: bool,
}

/// Segments 1 to 3 are live rules, 4 manual, 5 a list, 6 disabled by a job, 7 disabled by hand.
#[derive(Clone, Debug)]
struct World {
    people: Vec<Someone>,
    segments: [Rule; 3],
    asked: Vec<Rule>,
}

fn worlds() -> impl Strategy<Value = World> {
    let someone = (
        people(),
        any::<(bool, bool)>(),
        any::<bool>(),
        any::<Option<bool>>(),
        any::<bool>(),
    )
        .prop_map(|(person, listed, target, correction, stood_in)| Someone {
            person,
            listed,
            target,
            correction,
            stood_in,
        });
    let segments = [rules(vec![]), rules(vec![1, 4, 6]), rules(vec![1, 2, 5, 7])];
    let asked = prop::collection::vec(rules((1..=7).collect()), 12);
    (prop::collection::vec(someone, 12), segments, asked).prop_map(|(people, segments, asked)| World {
        people,
        segments,
        asked,
    })
}

fn defs(segments: &[Rule; 3]) -> BTreeMap<i64, SegmentDef> {
    let live = segments
        .iter()
        .enumerate()
        .map(|(i, rule)| (i as i64 + 1, SegmentKind::Rule, true, Some(rule), None));
    let fixed = [
        (4, SegmentKind::Manual, true, None, None),
        (5, SegmentKind::List, false, None, None),
        (6, SegmentKind::Rule, false, segments.first(), Some(1001)),
        (7, SegmentKind::Rule, false, segments.first(), None),
    ];
    live.chain(fixed)
        .map(|(id, kind, enabled, rule, base_job_id)| {
            (
                id,
                SegmentDef {
                    id,
                    kind,
                    enabled,
                    rule: rule.cloned(),
                    base_job_id,
                },
            )
        })
        .collect()
}

fn is_in(someone: &Someone, segments: &[Rule; 3], id: i64) -> bool {
    let listed = |id| match id {
        4 => someone.listed.0,
        5 => someone.listed.1,
        6 => someone.correction.unwrap_or(someone.target),
        _ => someone.stood_in,
    };
    match usize::try_from(id - 1).ok().and_then(|i| segments.get(i)) {
        Some(rule) => holds(rule, someone, segments),
        None => listed(id),
    }
}

fn holds(rule: &Rule, someone: &Someone, segments: &[Rule; 3]) -> bool {
    eval(
        rule,
        &someone.person,
        &EvalContext {
            now: NOW,
            in_segment: &|id| is_in(someone, segments, id),
        },
    )
}

async fn empty_store() -> SqliteConnection {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let schema = include_str!("../../../migrations/0001_first.sql");
    sqlx::raw_sql(schema).execute(&mut db).await.unwrap();
    let rows = "INSERT INTO datasets VALUES (7, 'a', 'A', 'USD', 0), (8, 'b', 'B', 'USD', 0);
        INSERT INTO profile_blocks VALUES (0, 1048575, 0, 7), (1048576, 2097151, 0, 8), (2097152, 3145727, 0, 7);";
    sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
    db
}

async fn clear(db: &mut SqliteConnection) {
    for table in [
        "profiles",
        "identities",
        "events",
        "event_kinds",
        "memberships",
        "job_targets",
        "jobs",
    ] {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}")))
            .execute(&mut *db)
            .await
            .unwrap();
    }
}

/// Stores a person under the id; their events' kinds have numbers of their own in each dataset.
async fn store(db: &mut SqliteConnection, dataset: i64, id: i64, person: &Person) {
    sqlx::query("INSERT INTO profiles (id, dataset_id, bucket, first_seen_at, last_seen_at, created_at, changed_seq, attributes) VALUES (?, ?, ?, ?, ?, ?, 0, ?)")
        .bind(id)
        .bind(dataset)
        .bind(i64::from(person.bucket))
        .bind(person.first_seen.map(Timestamp::ms))
        .bind(person.last_seen.map(Timestamp::ms))
        .bind(person.created.ms())
        .bind(serde_json::to_string(&person.attributes).unwrap())
        .execute(&mut *db)
        .await
        .unwrap();
    let anonymous = Some(format!("anon-{id}"));
    for (kind, value) in [
        (1, &person.user_id),
        (2, &person.email),
        (3, &person.phone),
        (4, &anonymous),
    ] {
        if let Some(value) = value {
            let row = "INSERT INTO identities VALUES (?, ?, ?)";
            sqlx::query(row)
                .bind(id)
                .bind(kind)
                .bind(value)
                .execute(&mut *db)
                .await
                .unwrap();
        }
    }
    for (eid, event) in (0_i64..).zip(&person.events) {
        let kind = "INSERT INTO event_kinds (dataset_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING";
        sqlx::query(kind)
            .bind(dataset)
            .bind(&event.kind)
            .execute(&mut *db)
            .await
            .unwrap();
        let properties = serde_json::to_string(&event.properties).unwrap();
        sqlx::query(
            "INSERT INTO events VALUES (?, ?, ?, (SELECT id FROM event_kinds WHERE dataset_id = ? AND name = ?), ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(event.at.ms())
        .bind(eid)
        .bind(dataset)
        .bind(&event.kind)
        .bind(event.value.map(|v| v.micros()))
        .bind(event.quantity.map(|v| v.micros()))
        .bind(&event.campaign_id)
        .bind((!event.properties.is_empty()).then_some(properties))
        .execute(&mut *db)
        .await
        .unwrap();
    }
}

async fn store_memberships(db: &mut SqliteConnection, id: i64, someone: &Someone) {
    let rows = [
        (4, someone.listed.0.then_some(true)),
        (5, someone.listed.1.then_some(true)),
        (6, someone.correction),
        (7, someone.stood_in.then_some(true)),
    ];
    for (segment, member) in rows {
        if let Some(member) = member {
            let row = "INSERT INTO memberships VALUES (?, ?, ?, 0)";
            sqlx::query(row)
                .bind(id)
                .bind(segment)
                .bind(member)
                .execute(&mut *db)
                .await
                .unwrap();
        }
    }
    for job in [1001, 1002] {
        // Another job has everyone in its targets: it must not matter.
        if someone.target || job == 1002 {
            sqlx::query("INSERT INTO job_targets VALUES (?, ?)")
                .bind(job)
                .bind(id)
                .execute(&mut *db)
                .await
                .unwrap();
        }
    }
}

async fn matching(db: &mut SqliteConnection, rule: &Rule, scope: &RuleScope<'_>) -> Vec<i64> {
    let mut q = QueryBuilder::new("SELECT p.id ");
    push_dataset_scan(&mut q, scope.dataset_id);
    q.push(" AND ");
    push_rule(&mut q, rule, scope).unwrap();
    q.build_query_scalar()
        .persistent(false)
        .fetch_all(db)
        .await
        .unwrap_or_else(|e| panic!("{rule}: {e}"))
}

/// Ids alternate between two blocks of the dataset, with a block of another dataset in between.
fn id_of(i: usize) -> i64 {
    let i = i64::try_from(i).unwrap();
    i % 2 * 2 * BLOCK + i
}

/// Asked of every random world besides the random rules: what has gone wrong before, or nearly.
const ALWAYS_ASKED: [&str; 9] = [
    // An `OR` that left its place once counted everyone's events.
    "count(purchase where a in (\"a\", 1, true)) = 0",
    "count(visit where a not in (\"a\", 2.5) and b is not set) > 0 or attr.a in (\"b\", 0.3)",
    "sum(purchase.value) > 9223372036854.77 or sum(visit.quantity) < -9223372036854.77",
    "sum(purchase.value) between -0.0000015 and 0.0000015",
    "count(purchase where value != 0.0000001 and quantity not in (0.5, 1)) >= 1",
    "count(purchase where value <= -999999999999999) > 0 or count(visit where quantity < 999999999999999) = 0",
    "user_id ends_with \"\0\" or attr.a starts_with \"a\0\" or phone contains \"\0b\"",
    "attr.a != \"a\" and attr.b not in (2026-06-29T12:34:56.789Z, true)",
    "not (attr.a < 1) and not (in segment #6 or in segment #3)",
];

async fn check(db: &mut SqliteConnection, world: &World) -> Result<(), TestCaseError> {
    clear(db).await;
    sqlx::raw_sql("BEGIN; PRAGMA defer_foreign_keys = ON")
        .execute(&mut *db)
        .await
        .unwrap();
    for (i, someone) in world.people.iter().enumerate() {
        store(db, DATASET, id_of(i), &someone.person).await;
        store_memberships(db, id_of(i), someone).await;
        store(db, OTHER_DATASET, BLOCK + i as i64, &someone.person).await;
    }
    let defs = defs(&world.segments);
    let scope = RuleScope {
        dataset_id: DATASET,
        now: NOW,
        segments: &defs,
    };
    let mut outcome = Ok(());
    let always = ALWAYS_ASKED.into_iter().filter_map(|text| parse(text).ok());
    for rule in &world.asked.iter().cloned().chain(always).collect::<Vec<_>>() {
        let expected: BTreeSet<i64> = (0..)
            .zip(&world.people)
            .filter(|(_, someone)| holds(rule, someone, &world.segments))
            .map(|(i, _)| id_of(i))
            .collect();
        // A Vec: the order of the scan is part of the promise.
        let found = matching(db, rule, &scope).await;
        if found != expected.iter().copied().collect::<Vec<_>>() {
            let why = format!("{rule}\n SQL {found:?}\neval {expected:?}");
            outcome = Err(TestCaseError::fail(why));
            break;
        }
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut *db).await.unwrap();
    outcome
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn sql_and_memory_agree_on_random_rules_over_random_people() {
    let cases = 128;
    let mut db = run(empty_store());
    let cell = std::cell::RefCell::new(&mut db);
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&worlds(), |world| run(check(&mut cell.borrow_mut(), &world)));
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn what_is_always_asked_is_well_formed() {
    for text in ALWAYS_ASKED {
        parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

fn one_segment(id: i64, text: &str) -> BTreeMap<i64, SegmentDef> {
    let rule = Some(parse(text).unwrap());
    BTreeMap::from([(
        id,
        SegmentDef {
            id,
            kind: SegmentKind::Rule,
            enabled: true,
            rule,
            base_job_id: None,
        },
    )])
}

fn refusal(text: &str, defs: &BTreeMap<i64, SegmentDef>) -> String {
    let scope = RuleScope {
        dataset_id: DATASET,
        now: NOW,
        segments: defs,
    };
    let mut q = QueryBuilder::new("");
    push_rule(&mut q, &parse(text).unwrap(), &scope)
        .unwrap_err()
        .to_string()
}

#[test]
fn circles_and_unknown_segments_are_refused() {
    let mut defs = one_segment(1, "email is set or in segment #2");
    defs.extend(one_segment(2, "not in segment #1"));
    let cycle = domain::problem::Code::RuleCycle.sentence();
    assert!(refusal("in segment #1", &defs).contains(cycle));
    assert!(refusal("in segment #9", &defs).contains("#9"));
    assert!(refusal("in segment \"VIP\"", &defs).contains("VIP"));
}

/// A chain of segments, each asking for the one before twice, doubles with each step.
#[test]
fn what_sqlite_would_refuse_is_refused_with_a_sentence() {
    let mut defs = one_segment(1, "email is set");
    for id in 2..40 {
        let before = id - 1;
        defs.extend(one_segment(
            id,
            &format!("in segment #{before} or not in segment #{before}"),
        ));
    }
    assert!(refusal("in segment #39", &defs).contains("too large"));
    let mut chain = one_segment(1, "email is set");
    for id in 2..2_000 {
        chain.extend(one_segment(id, &format!("not in segment #{}", id - 1)));
    }
    assert!(refusal("in segment #1999", &chain).contains("too large"));
}

#[test]
fn the_largest_rules_run() {
    let many = |n: usize, part: &str, between: &str| vec![part; n].join(between);
    let nested = format!("{}attr.a != 1{}", "not (".repeat(16), ")".repeat(16));
    // Each level holds as many conditions as the limit on all of them leaves.
    let deep = (0..32).fold("email is set".to_owned(), |inner, i| {
        let (joint, part) = if i % 2 == 0 {
            (" and ", "attr.a not in (1, \"b\")")
        } else {
            (" or ", "phone is set")
        };
        format!("({inner}{joint}{})", many(15, part, joint))
    });
    let texts: Vec<String> = (0..1_000).map(|i| format!("\"{i}\"")).collect();
    let list = format!("attr.a in ({})", texts.join(", "));
    let rules = [
        nested,
        deep,
        many(500, "attr.a != \"x\"", " or "),
        many(9, &list, " and "),
        format!(
            "count(a where {}) > 0",
            many(499, "b not in (1, true, \"x\")", " and ")
        ),
    ];
    run(async {
        let mut db = empty_store().await;
        let mut defs = BTreeMap::new();
        for (id, text) in (1..).zip(&rules) {
            defs.extend(one_segment(id, text));
        }
        // A chain of segments as long as the depth allows.
        for id in 100..400 {
            defs.extend(one_segment(id, if id == 100 { "email is set" } else { "" }));
        }
        for id in 101..400_i64 {
            defs.extend(one_segment(
                id,
                &format!("not in segment #{} and phone is set", id - 1),
            ));
        }
        let scope = RuleScope {
            dataset_id: DATASET,
            now: NOW,
            segments: &defs,
        };
        for id in (1..=rules.len() as i64).chain([115]) {
            let mut q = QueryBuilder::new("SELECT count(*) ");
            push_dataset_scan(&mut q, DATASET);
            q.push(" AND ");
            if id == 2 {
                // The deepest rule is looked at on its own.
                push_rule(&mut q, &parse(&rules[1]).unwrap(), &scope).unwrap();
            } else {
                push_segment(&mut q, id, &scope).unwrap();
            }
            let count: i64 = q
                .build_query_scalar()
                .fetch_one(&mut db)
                .await
                .unwrap_or_else(|e| panic!("segment {id}: {e}"));
            assert_eq!(count, 0);
        }
    });
}

#[test]
fn a_scan_goes_through_the_blocks_in_order_and_looks_events_up_by_person() {
    run(async {
        let mut db = empty_store().await;
        let rule =
            parse("last(purchase) before 2017-10-01 and email = \"a@b.c\" and count(a, last 3 days) = 0")
                .unwrap();
        let scope = RuleScope {
            dataset_id: DATASET,
            now: NOW,
            segments: &BTreeMap::new(),
        };
        let mut q = QueryBuilder::new("EXPLAIN QUERY PLAN SELECT p.id ");
        push_dataset_scan(&mut q, DATASET);
        q.push(" AND ");
        push_rule(&mut q, &rule, &scope).unwrap();
        let rows: Vec<(i64, i64, i64, String)> = q.build_query_as().fetch_all(&mut db).await.unwrap();
        let plan: Vec<String> = rows.into_iter().map(|row| row.3).collect();
        let at = |part: &str| {
            plan.iter()
                .position(|line| line.contains(part))
                .unwrap_or_else(|| panic!("{plan:#?}"))
        };
        assert!(
            at("SEARCH b USING INDEX profile_blocks_by_dataset") < at("SEARCH p USING INTEGER PRIMARY KEY")
        );
        at("SEARCH e USING PRIMARY KEY (profile_id=?)");
        at("SEARCH e USING PRIMARY KEY (profile_id=? AND at>? AND at<?)");
        at("SEARCH i USING PRIMARY KEY (profile_id=? AND kind=? AND value=?)");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}");
    });
}
