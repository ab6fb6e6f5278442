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
    // Nobody who is held goes; when a hold has ended, its list of people has no more use.
    entry("hold_people", "profile_id", Fate::Delete),
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
        "job_target_names",
        "profile_id",
        Fate::Keep("keyed hashes by which the results of the job name the people; no readable identity"),
    ),
    entry(
        "erasure_people",
        "profile_id",
        Fate::Keep("numbers alone, until warehouse, exports and dead space are rid of the person as well"),
    ),
    entry(
        "change_log",
        "profile_id",
        Fate::Keep("keys only; trimmed as soon as the warehouse copy has passed"),
    ),
    entry(
        "merged_profiles",
        "profile_id",
        Fate::Keep("a number that is never given to anybody else; trimmed with the change log"),
    ),
];

/// The tables that a person's rows go from, each with its column, the profiles last.
pub(crate) fn tables() -> Vec<(&'static str, &'static str)> {
    let mut going: Vec<&Entry> = MAP
        .iter()
        .filter(|entry| !matches!(entry.fate, Fate::Keep(_)))
        .collect();
    going.sort_by_key(|entry| entry.table == "profiles");
    going
        .into_iter()
        .map(|entry| (entry.table, entry.column))
        .collect()
}

/// What a table holds, as far as dead bytes go: copies of its rows that page splits and updates leave behind in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// What is known about people: after a deletion no dead byte of it may be left.
    People,
    /// Nothing by which a person is known. `lethe scan` shows its dead bytes and does not fail for them.
    Records,
}

/// Every table of the store. A test reads the schema and fails when one is missing.
const TABLES: &[(&str, Holds)] = &[
    ("events", Holds::People),
    ("identities", Holds::People),
    ("identity_lookup", Holds::People),
    ("hold_people", Holds::People),
    ("memberships", Holds::People),
    ("profiles", Holds::People),
    // Keys only, but with the times of what people did.
    ("change_log", Holds::People),
    // Who a privacy request is about, as long as something is to be done with it.
    ("privacy_identities", Holds::People),
    ("privacy_deliveries", Holds::Records),
    ("privacy_history", Holds::Records),
    ("privacy_recipients", Holds::Records),
    ("privacy_requests", Holds::Records),
    // Numbers that are never given to anybody else, and that name nobody.
    ("job_outcomes", Holds::Records),
    ("job_targets", Holds::Records),
    // Keyed hashes that are kept on purpose.
    ("job_target_names", Holds::Records),
    ("job_exports", Holds::Records),
    ("erased", Holds::Records),
    ("receipts", Holds::Records),
    // Numbers of identities that were found again, by deletion.
    ("recheck_found", Holds::Records),
    ("rechecks", Holds::Records),
    ("erased_people", Holds::Records),
    ("erasures", Holds::Records),
    ("erasure_people", Holds::Records),
    ("suppressions", Holds::Records),
    // Numbers, by deletion.
    ("suppression_sources", Holds::Records),
    ("holds", Holds::Records),
    ("tracked_days", Holds::Records),
    ("merged_profiles", Holds::Records),
    ("_sqlx_migrations", Holds::Records),
    ("audit", Holds::Records),
    ("campaign_arms", Holds::Records),
    ("campaign_segments", Holds::Records),
    ("campaigns", Holds::Records),
    ("datasets", Holds::Records),
    ("deliveries", Holds::Records),
    ("event_kinds", Holds::Records),
    ("figures", Holds::Records),
    ("imports", Holds::Records),
    ("installation", Holds::Records),
    ("job_batches", Holds::Records),
    ("job_reports", Holds::Records),
    ("job_segments", Holds::Records),
    ("jobs", Holds::Records),
    ("notices", Holds::Records),
    ("profile_blocks", Holds::Records),
    ("recurring_jobs", Holds::Records),
    ("recurring_runs", Holds::Records),
    ("segment_files", Holds::Records),
    ("segments", Holds::Records),
    ("sessions", Holds::Records),
    ("settings", Holds::Records),
    ("sqlite_schema", Holds::Records),
    ("sqlite_sequence", Holds::Records),
    ("tokens", Holds::Records),
    ("totals", Holds::Records),
    ("use_lists", Holds::Records),
    ("use_segments", Holds::Records),
    ("users", Holds::Records),
    ("uses", Holds::Records),
];

/// Whether a table holds what is known about people. One that nobody has classified does.
pub(crate) fn about_people(table: &str) -> bool {
    TABLES
        .iter()
        .find(|(name, _)| *name == table)
        .is_none_or(|(_, holds)| *holds == Holds::People)
}

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

    #[tokio::test]
    async fn every_table_is_classified_and_whatever_a_batch_deletes_is_about_people() {
        let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:")
            .await
            .expect("open");
        sqlx::migrate!("./migrations")
            .run(&mut conn)
            .await
            .expect("migrate");
        let found: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(&mut conn)
            .await
            .expect("read the schema");
        for table in &found {
            assert!(
                TABLES.iter().any(|(name, _)| name == table),
                "say in TABLES whether {table} is about people"
            );
        }
        for (table, _) in TABLES {
            assert!(
                *table == "sqlite_schema" || found.iter().any(|name| name == table),
                "{table} is classified but not in the schema"
            );
        }
        for entry in MAP.iter().filter(|entry| !matches!(entry.fate, Fate::Keep(_))) {
            assert!(about_people(entry.table), "{}", entry.table);
        }
        assert!(about_people("a table of tomorrow"));
    }

    #[test]
    fn the_profile_itself_goes_last() {
        let last = MAP.iter().rfind(|entry| entry.fate == Fate::Delete);
        assert_eq!(last.map(|entry| entry.table), Some("profiles"));
    }
}
