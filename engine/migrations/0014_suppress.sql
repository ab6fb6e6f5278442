-- Suppression as it is looked at and kept: who entered what by hand, what ends when, and who has come back.

-- Where all data was refused until ends_at, data from before the deletion may be refused longer, by another deletion.
ALTER TABLE suppressions ADD COLUMN late_until INTEGER;
ALTER TABLE suppressions ADD COLUMN added_by TEXT;   -- of those entered by hand
ALTER TABLE suppressions ADD COLUMN note TEXT;       -- of those entered by hand: why
-- Few have stopped anything and few are entered by hand; a deletion writes into neither index.
CREATE INDEX suppressions_that_stopped ON suppressions (dataset_id, stopped_at) WHERE stopped > 0;
CREATE INDEX suppressions_by_hand ON suppressions (dataset_id, added_at) WHERE reason = 'person';

-- +1 whenever the list changes: an import that has asked for its rows beforehand sees by it whether that still holds.
ALTER TABLE installation ADD COLUMN suppress_seq INTEGER NOT NULL DEFAULT 0;

-- What an import turned away, of its rejected rows.
ALTER TABLE imports ADD COLUMN suppressed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN suppressed_purchases INTEGER NOT NULL DEFAULT 0;

-- The looks whether deleted people live again in a dataset.
CREATE TABLE rechecks (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id  INTEGER NOT NULL REFERENCES datasets (id),
  asked_by    TEXT NOT NULL,            -- 'system': the daily one
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,                  -- NULL: it goes on, or was cut off by a stop
  cursor      TEXT,                     -- JSON: how far it is; NULL before the first slice and after the last
  identities  INTEGER NOT NULL DEFAULT 0, -- looked at
  found       INTEGER NOT NULL DEFAULT 0  -- live again
) STRICT;
CREATE INDEX rechecks_by_dataset ON rechecks (dataset_id, id);

-- What a look found, by deletion.
CREATE TABLE recheck_found (
  recheck_id INTEGER NOT NULL REFERENCES rechecks (id) ON DELETE CASCADE,
  source     TEXT NOT NULL,
  source_id  INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  identities INTEGER NOT NULL,          -- of the deletion, of this kind
  found      INTEGER NOT NULL,          -- of these, live again
  PRIMARY KEY (recheck_id, source, source_id, kind)
) STRICT, WITHOUT ROWID;
