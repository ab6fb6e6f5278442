-- What stays after people are gone, so that they do not come back and their going can be proven; and who must not go.
-- An identity stands here only as the key of identity_lookup: the first 16 bytes of a keyed hash (store/keys.rs).

-- The keyed hashes of the identities that a job or a privacy request took out of identity_lookup, in the order in which they
-- were taken: 16 bytes each, one after the other. Written in the transaction that takes them. The proof for one person is
-- made from it, and the later look whether somebody has come back.
CREATE TABLE erased (
  source     TEXT NOT NULL CHECK (source IN ('job', 'request')),
  source_id  INTEGER NOT NULL,          -- of jobs, or of privacy_requests
  no         INTEGER NOT NULL,          -- 1, 2, … within the source
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  kind       INTEGER NOT NULL,          -- domain::profile::IdentityKind, the same for all of the row
  hashes     BLOB NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (source, source_id, no)
) STRICT, WITHOUT ROWID;

-- Identities that are not let in again. Checked in the transaction of every door through which people come.
CREATE TABLE suppressions (
  dataset_id  INTEGER NOT NULL REFERENCES datasets (id),
  kind        INTEGER NOT NULL,
  hash        BLOB NOT NULL,
  reason      TEXT NOT NULL CHECK (reason IN ('job', 'request', 'person')), -- 'person': somebody entered it by hand
  source_id   INTEGER,                  -- of the job or the privacy request
  refuses     TEXT NOT NULL CHECK (refuses IN ('late', 'all')), -- 'late': only data dated before added_at
  added_at    INTEGER NOT NULL,         -- of the deletion
  ends_at     INTEGER,                  -- NULL: for good
  stopped     INTEGER NOT NULL DEFAULT 0, -- rows and events that were refused, purchases included
  stopped_purchases INTEGER NOT NULL DEFAULT 0,
  stopped_at  INTEGER,                  -- the last time
  PRIMARY KEY (dataset_id, kind, hash)
) STRICT, WITHOUT ROWID;

-- Legal holds: whoever is held is deleted by no door, and is named as left over. A hold is on people, or on a rule.
CREATE TABLE holds (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  name       TEXT NOT NULL,
  reason     TEXT NOT NULL,
  rule       TEXT,                      -- stored form, as segments.rule; NULL: the people of hold_people
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_by   TEXT,
  ended_at   INTEGER                    -- NULL: in force
) STRICT;
CREATE INDEX holds_by_dataset ON holds (dataset_id, id);

CREATE TABLE hold_people (
  profile_id INTEGER NOT NULL,
  hold_id    INTEGER NOT NULL REFERENCES holds (id),
  PRIMARY KEY (profile_id, hold_id)
) STRICT, WITHOUT ROWID;
