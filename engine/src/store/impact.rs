//! Counting what a deletion would do: the members, and everything that leans on them, in as few scans as possible.
//!
//! Design notes. Evaluating a rule is what costs time, so in a scan each segment's is evaluated once per person, as a
//! column `s12` of an inner query, whatever asks for it; campaigns only combine these. `LIMIT -1` keeps SQLite from
//! folding the inner query into the outer one, which would evaluate it wherever it is mentioned. Segments that only
//! matter for members are evaluated for members alone.

use super::{
    Conn,
    campaigns::CampaignDef,
    profiles::push_scan_above,
    rule_sql::{
        RuleScope, VARIABLES_MAX, push_dataset_scan, push_rule, push_segment, too_large, variables_of_rule,
        variables_of_segment,
    },
};
use crate::error::Result;
use domain::{event::IMPRESSION, id::ProfileId, rule::Rule, time::DAY_MS};
use sqlx::{QueryBuilder, Row as _, Sqlite};
use std::collections::{BTreeMap, BTreeSet};

/// Segments evaluated in one statement: keeps it far from SQLite's limit on length.
const SEGMENTS_AT_ONCE: usize = 32;

/// Something whose people are counted besides the segment.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// Those eligible for a campaign, all and of the members.
    Campaign(CampaignDef),
    /// Those of a campaign who are in one arm, all and of the members.
    Arm(CampaignDef, Rule),
    /// Those in another segment, all and of the members.
    Segment(i64),
    /// Those of the members who are in another segment; not counted among everyone.
    AlsoIn(i64),
}

/// How many in a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Both {
    /// Everyone.
    pub(crate) all: i64,
    /// Of the segment's members.
    pub(crate) members: i64,
}

/// The members of a segment, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Everyone in the dataset.
    pub(crate) everyone: i64,
    /// The members.
    pub(crate) members: i64,
    /// Of those, with a user_id, e-mail or phone.
    pub(crate) named: i64,
    /// Their events.
    pub(crate) events: i64,
}

impl Column {
    /// The segments that are evaluated for everyone because of it.
    fn segments(&self) -> Vec<i64> {
        match self {
            Column::Campaign(campaign) | Column::Arm(campaign, _) => {
                [campaign.include.as_slice(), &campaign.exclude].concat()
            }
            Column::Segment(segment) => vec![*segment],
            Column::AlsoIn(_) => Vec::new(),
        }
    }
}

/// Counts the members of a segment (`None`: nobody is one) and the columns.
pub(crate) async fn measure(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    segment: Option<i64>,
    columns: &[Column],
) -> Result<(Totals, Vec<Both>)> {
    let (mut rest, mut counted) = (columns, Vec::with_capacity(columns.len()));
    let members = match segment {
        Some(segment) => variables_of_segment(segment, scope)?,
        None => 0,
    };
    let mut totals = None;
    while totals.is_none() || !rest.is_empty() {
        let (some, later) = rest.split_at(fitting(rest, members, scope)?);
        let whom = Whom { only: None, segment };
        let (first, more) = scan(conn, scope, whom, some, totals.is_none()).await?;
        totals.get_or_insert(first);
        counted.extend(more);
        rest = later;
    }
    Ok((totals.unwrap_or_default(), counted))
}

/// Which of the columns one person is in. Who is gone is in none.
pub(crate) async fn columns_of(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    person: ProfileId,
    columns: &[Column],
) -> Result<Vec<bool>> {
    let (mut rest, mut found) = (columns, Vec::with_capacity(columns.len()));
    while !rest.is_empty() {
        let (some, later) = rest.split_at(fitting(rest, 0, scope)?);
        let whom = Whom {
            only: Some(person),
            segment: None,
        };
        let (_, counts) = scan(conn, scope, whom, some, false).await?;
        found.extend(counts.iter().map(|count| count.all > 0));
        rest = later;
    }
    Ok(found)
}

/// Whom a scan looks at.
#[derive(Debug, Clone, Copy)]
struct Whom {
    /// One person; `None`: everyone in the dataset.
    only: Option<ProfileId>,
    /// The segment whose members are told apart; `None`: nobody is one.
    segment: Option<i64>,
}

/// How many columns fit in one statement beside `spent` variables: at least one. Each segment has a budget of its own, but
/// those in one statement share SQLite's.
fn fitting(columns: &[Column], mut spent: u32, scope: &RuleScope<'_>) -> Result<usize> {
    let (mut segments, mut fit) = (BTreeSet::new(), 0);
    for column in columns.iter().take(SEGMENTS_AT_ONCE) {
        for segment in column.segments() {
            if segments.insert(segment) {
                spent = spent.saturating_add(variables_of_segment(segment, scope)?);
            }
        }
        let own = match column {
            // Once for everyone, once for the members.
            Column::Arm(_, rule) => variables_of_rule(rule, scope)?.saturating_mul(2),
            Column::AlsoIn(segment) => variables_of_segment(*segment, scope)?,
            Column::Campaign(_) | Column::Segment(_) => 0,
        };
        spent = spent.saturating_add(own);
        if spent > VARIABLES_MAX || segments.len() > SEGMENTS_AT_ONCE {
            break;
        }
        fit += 1;
    }
    match fit {
        0 if spent > VARIABLES_MAX && !columns.is_empty() => Err(too_large()),
        0 => Ok(columns.len().min(1)),
        _ => Ok(fit),
    }
}

async fn scan(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    whom: Whom,
    columns: &[Column],
    details: bool,
) -> Result<(Totals, Vec<Both>)> {
    let everywhere: BTreeSet<i64> = columns.iter().flat_map(Column::segments).collect();
    let mut q = QueryBuilder::new("SELECT count(*), coalesce(sum(p.m), 0)");
    q.push(if details {
        ", coalesce(sum(CASE WHEN p.m THEN EXISTS (SELECT 1 FROM identities i WHERE i.profile_id = p.id AND i.kind <= 3) END), 0),
         coalesce(sum(CASE WHEN p.m THEN (SELECT count(*) FROM events e WHERE e.profile_id = p.id) END), 0)"
    } else {
        ", 0, 0"
    });
    for column in columns {
        push_column(&mut q, column, &everywhere, scope)?;
    }
    q.push(" FROM (SELECT p.*, ");
    match whom.segment {
        Some(segment) => push_segment(&mut q, segment, scope)?,
        None => _ = q.push("FALSE"),
    }
    q.push(" IS TRUE AS m");
    for other in &everywhere {
        q.push(", ");
        push_segment(&mut q, *other, scope)?;
        q.push(format_args!(" IS TRUE AS s{other}"));
    }
    q.push(" ");
    push_dataset_scan(&mut q, scope.dataset_id);
    if let Some(person) = whom.only {
        q.push(" AND p.id = ").push_bind(person.0);
    }
    q.push(" LIMIT -1) AS p");
    let row = q.build().fetch_one(conn).await?;
    let totals = Totals {
        everyone: row.try_get(0)?,
        members: row.try_get(1)?,
        named: row.try_get(2)?,
        events: row.try_get(3)?,
    };
    let both = |i: usize| -> Result<Both> {
        Ok(Both {
            all: row.try_get(4 + 2 * i)?,
            members: row.try_get(5 + 2 * i)?,
        })
    };
    let counted = (0..columns.len()).map(both).collect::<Result<Vec<_>>>()?;
    Ok((totals, counted))
}

/// Appends two figures: everyone in the column, and the members in it.
fn push_column(
    q: &mut QueryBuilder<Sqlite>,
    column: &Column,
    evaluated: &BTreeSet<i64>,
    scope: &RuleScope<'_>,
) -> Result<()> {
    match column {
        Column::Campaign(campaign) => {
            q.push(", count(CASE WHEN ");
            push_eligible(q, campaign);
            q.push(" THEN 1 END), count(CASE WHEN p.m AND ");
            push_eligible(q, campaign);
            q.push(" THEN 1 END)");
        }
        Column::Arm(campaign, rule) => {
            for of_whom in ["", "p.m AND "] {
                q.push(", count(CASE WHEN ").push(of_whom);
                push_eligible(q, campaign);
                q.push(" AND ");
                push_rule(q, rule, scope)?;
                q.push(" THEN 1 END)");
            }
        }
        Column::Segment(segment) => {
            q.push(format_args!(
                ", coalesce(sum(p.s{segment}), 0), count(CASE WHEN p.m AND p.s{segment} THEN 1 END)"
            ));
        }
        Column::AlsoIn(segment) if evaluated.contains(segment) => {
            q.push(format_args!(
                ", 0, count(CASE WHEN p.m AND p.s{segment} THEN 1 END)"
            ));
        }
        Column::AlsoIn(segment) => {
            q.push(", 0, count(CASE WHEN p.m AND ");
            push_segment(q, *segment, scope)?;
            q.push(" THEN 1 END)");
        }
    }
    Ok(())
}

/// Appends the condition that `p` is eligible, over the columns `s12` that say who is in which segment: in any included
/// one, or none is included, and in no excluded one.
fn push_eligible(q: &mut QueryBuilder<Sqlite>, campaign: &CampaignDef) {
    let mut any = if campaign.include.is_empty() {
        "(TRUE"
    } else {
        "(("
    };
    for segment in &campaign.include {
        q.push(any).push(format_args!("p.s{segment}"));
        any = " OR ";
    }
    q.push(if campaign.include.is_empty() { any } else { ")" });
    for segment in &campaign.exclude {
        q.push(format_args!(" AND NOT p.s{segment}"));
    }
    q.push(")");
}

/// Impressions of the last 30 days by campaign: from everyone who exists now, and from the segment's members.
pub(crate) async fn impressions(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    segment: i64,
    campaigns: &[&str],
) -> Result<BTreeMap<String, Both>> {
    if campaigns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut q =
        QueryBuilder::new("SELECT e.campaign_id, count(*), coalesce(sum(p.m), 0) FROM (SELECT p.id, ");
    push_segment(&mut q, segment, scope)?;
    q.push(" IS TRUE AS m ");
    push_dataset_scan(&mut q, scope.dataset_id);
    q.push(" LIMIT -1) AS p CROSS JOIN events e ON e.profile_id = p.id AND e.at > ");
    q.push_bind(scope.now.ms() - 30 * DAY_MS)
        .push(" AND e.at <= ")
        .push_bind(scope.now.ms());
    q.push(" WHERE e.kind_id = (SELECT id FROM event_kinds WHERE name = ")
        .push_bind(IMPRESSION);
    q.push(" AND dataset_id = ")
        .push_bind(scope.dataset_id)
        .push(") AND e.campaign_id IN (");
    let mut list = q.separated(", ");
    for campaign in campaigns {
        list.push_bind((*campaign).to_owned());
    }
    q.push(") GROUP BY e.campaign_id");
    let rows: Vec<(String, i64, i64)> = q.build_query_as().fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(campaign, all, members)| (campaign, Both { all, members }))
        .collect())
}

/// The first few who match a rule, and how many do, in one scan: the count goes on where the sample ended.
pub(crate) async fn first_and_count(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    rule: &Rule,
    first: u32,
) -> Result<(Vec<ProfileId>, i64)> {
    let mut q = QueryBuilder::new("SELECT p.id ");
    push_scan_above(&mut q, scope.dataset_id, 0);
    q.push(" AND ");
    push_rule(&mut q, rule, scope)?;
    q.push(" ORDER BY b.first_id, p.id LIMIT ")
        .push_bind(i64::from(first));
    let ids: Vec<i64> = q.build_query_scalar().fetch_all(&mut *conn).await?;
    let found = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let mut more = 0;
    if let Some(last) = ids.last().filter(|_| found == i64::from(first)) {
        let mut q = QueryBuilder::new("SELECT count(*) ");
        push_scan_above(&mut q, scope.dataset_id, *last);
        q.push(" AND ");
        push_rule(&mut q, rule, scope)?;
        more = q.build_query_scalar().fetch_one(conn).await?;
    }
    Ok((ids.into_iter().map(ProfileId).collect(), found + more))
}
