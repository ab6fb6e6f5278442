//! What becomes of each table when a person goes. One entry for every column that refers to a profile; a test reads the
//! schema and fails when a table is missing here, so that nobody can add one and forget it. The deletes of a batch are
//! made from this map: there is no second list.

/// What becomes of the rows of a deleted person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Deleted in the batch.
    Delete,
    /// Taken away by the sweep of the job; harmless before.
    Sweep,
    /// Stays, for this reason.
    Keep(&'static str),
}

/// One column that refers to a profile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The table.
    pub(crate) table: &'static str,
    /// The column.
    pub(crate) column: &'static str,
    /// What becomes of its rows.
    pub(crate) fate: Fate,
}

const fn entry(table: &'static str, column: &'static str, fate: Fate) -> Entry {
    Entry { table, column, fate }
}

/// Children before the profile itself.
pub(crate) const MAP: &[Entry] = &[
    entry("events", "profile_id", Fate::Delete),
    entry("identities", "profile_id", Fate::Delete),
    entry("memberships", "profile_id", Fate::Delete),
    entry("profiles", "id", Fate::Delete),
    entry("identity_lookup", "profile_id", Fate::Sweep),
    entry(
        "job_targets",
        "profile_id",
        Fate::Keep("the ledger of the job; a number that is never given to anybody else"),
    ),
    entry(
        "job_outcomes",
        "profile_id",
        Fate::Keep("the ledger of the job; a number that is never given to anybody else"),
    ),
    entry(
        "change_log",
        "profile_id",
        Fate::Keep("keys only; trimmed as soon as the warehouse copy has passed"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Connection as _;

    #[tokio::test]
    async fn every_table_that_refers_to_a_profile_is_in_the_map() {
        let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:")
            .await
            .expect("open");
        sqlx::migrate!("./migrations")
            .run(&mut conn)
            .await
            .expect("migrate");
        let found: Vec<(String, String)> = sqlx::query_as(
            "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND (c.name LIKE '%profile_id' OR (m.name = 'profiles' AND c.name = 'id'))",
        )
        .fetch_all(&mut conn)
        .await
        .expect("read the schema");
        assert!(found.len() >= MAP.len(), "the schema was read");
        for (table, column) in &found {
            assert!(
                MAP.iter().any(|e| e.table == table && e.column == column),
                "{table}.{column} is missing in the deletion map"
            );
        }
        for e in MAP {
            assert!(
                found
                    .iter()
                    .any(|(table, column)| e.table == table && e.column == column),
                "{}.{} is in the map but not in the schema",
                e.table,
                e.column
            );
        }
    }

    #[test]
    fn the_profile_itself_goes_last() {
        let last = MAP.iter().rfind(|entry| entry.fate == Fate::Delete);
        assert_eq!(last.map(|entry| entry.table), Some("profiles"));
    }
}
