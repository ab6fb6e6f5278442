//! What the data offers to who writes a rule: names and values found in a sample of people and of their events.
//!
//! Design notes. Looking at everyone would take seconds of a large dataset while somebody types. The sample is the oldest people and
//! the newest of each block, so that what an early import brought is found, and what a late one did.

use super::Conn;
use crate::error::Result;
use domain::{id::DatasetId, value::Value};
use sqlx::{QueryBuilder, Sqlite};

/// People at either end of the sample.
const PEOPLE: i64 = 1_000;
/// Events looked at: the first people may have very many.
const EVENTS: i64 = 5_000;
/// Names suggested.
const NAMES_MAX: i64 = 100;
/// Values suggested: more than that nobody reads through.
const VALUES_MAX: i64 = 40;

/// Begins a query with `sample (id, attributes)`.
fn sample(dataset: DatasetId) -> QueryBuilder<Sqlite> {
    let mut q = QueryBuilder::new(
        "WITH sample (id, attributes) AS (
           SELECT * FROM (SELECT p.id, p.attributes FROM profile_blocks b CROSS JOIN profiles p ON p.id BETWEEN b.first_id AND b.last_id
             WHERE b.dataset_id = ",
    );
    q.push_bind(dataset.0)
        .push(" ORDER BY b.first_id, p.id LIMIT ")
        .push_bind(PEOPLE);
    q.push(
        ") UNION SELECT p.id, p.attributes FROM profile_blocks b CROSS JOIN profiles p ON p.id BETWEEN b.next_id - ",
    )
    .push_bind(PEOPLE)
    .push(" AND b.next_id - 1 AND p.id >= b.first_id WHERE b.dataset_id = ")
    .push_bind(dataset.0)
    .push(") ");
    q
}

/// Begins a query with `seen (kind, campaign_id, properties)`: events of the sample.
fn seen(dataset: DatasetId) -> QueryBuilder<Sqlite> {
    let mut q = sample(dataset);
    q.push(
        ", seen (kind, campaign_id, properties) AS (SELECT k.name, e.campaign_id, e.properties
           FROM (SELECT e.kind_id, e.campaign_id, e.properties FROM sample s CROSS JOIN events e ON e.profile_id = s.id LIMIT ",
    )
    .push_bind(EVENTS)
    .push(") e JOIN event_kinds k ON k.id = e.kind_id) ");
    q
}

/// Names of attributes, the most frequent first.
pub(crate) async fn attributes(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<String>> {
    let mut q = sample(dataset);
    q.push("SELECT j.key FROM sample s, json_each(s.attributes) j GROUP BY j.key ORDER BY count(*) DESC, j.key LIMIT ")
        .push_bind(NAMES_MAX);
    Ok(q.build_query_scalar().fetch_all(conn).await?)
}

/// Names of properties of events, the most frequent first.
pub(crate) async fn properties(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<String>> {
    let mut q = seen(dataset);
    q.push(
        "SELECT j.key FROM seen s, json_each(s.properties) j WHERE s.properties IS NOT NULL
         GROUP BY j.key ORDER BY count(*) DESC, j.key LIMIT ",
    )
    .push_bind(NAMES_MAX);
    Ok(q.build_query_scalar().fetch_all(conn).await?)
}

/// Kinds of events.
pub(crate) async fn kinds(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<String>> {
    Ok(
        sqlx::query_scalar("SELECT name FROM event_kinds WHERE dataset_id = $1 ORDER BY name LIMIT $2")
            .bind(dataset.0)
            .bind(NAMES_MAX)
            .fetch_all(conn)
            .await?,
    )
}

/// How a value of `json_each` is read again: an object is JSON already, anything else is quoted as it must be.
const CODED: &str = "CASE j.type WHEN 'object' THEN j.value WHEN 'array' THEN j.value WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
   ELSE json_quote(j.value) END";

/// Values of an attribute, the most frequent first.
pub(crate) async fn attribute_values(conn: &mut Conn, dataset: DatasetId, name: &str) -> Result<Vec<Value>> {
    let mut q = sample(dataset);
    q.push("SELECT ")
        .push(CODED)
        .push(" AS v FROM sample s, json_each(s.attributes) j WHERE j.key = ");
    q.push_bind(name.to_owned())
        .push(" GROUP BY v ORDER BY count(*) DESC, v LIMIT ")
        .push_bind(VALUES_MAX);
    Ok(decoded(q.build_query_scalar().fetch_all(conn).await?))
}

/// Values of a property of the events of a kind, the most frequent first. An empty kind is any.
pub(crate) async fn property_values(
    conn: &mut Conn,
    dataset: DatasetId,
    kind: &str,
    name: &str,
) -> Result<Vec<Value>> {
    let mut q = seen(dataset);
    q.push("SELECT ")
        .push(CODED)
        .push(" AS v FROM seen s, json_each(s.properties) j WHERE s.properties IS NOT NULL AND j.key = ");
    q.push_bind(name.to_owned()).push(" AND (");
    q.push_bind(kind.to_owned()).push(" = '' OR s.kind = ");
    q.push_bind(kind.to_owned())
        .push(") GROUP BY v ORDER BY count(*) DESC, v LIMIT ")
        .push_bind(VALUES_MAX);
    Ok(decoded(q.build_query_scalar().fetch_all(conn).await?))
}

/// What cannot be read is not suggested.
fn decoded(found: Vec<String>) -> Vec<Value> {
    found
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect()
}
