-- Files about a deletion: the export of the people before they go, and by what the results name them after.

-- The stored export of a job, in exports/D-<id>.ndjson. A row is written when the file is complete, and stays when the file
-- has been wiped: it says until when a copy of these people existed.
CREATE TABLE job_exports (
  job_id     INTEGER PRIMARY KEY REFERENCES jobs (id),
  people     INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  kept_until INTEGER NOT NULL,          -- wiped at the latest then: domain::export::KEPT_MS after it was written
  wiped_at   INTEGER,                   -- NULL: it still exists
  wiped_by   TEXT                       -- a person, or 'system' when its time had come
) STRICT;

-- Where an export was asked for: a keyed hash of the strongest identity of each of the people, written together with the
-- file, where identities are read anyway. Deleting reads no identity, so for other jobs there is none.
CREATE TABLE job_target_names (
  job_id     INTEGER NOT NULL REFERENCES jobs (id),
  profile_id INTEGER NOT NULL,
  name       TEXT NOT NULL,             -- '#' and 12 hex digits, as identities stand in the records of rules
  PRIMARY KEY (job_id, profile_id)
) STRICT, WITHOUT ROWID;
