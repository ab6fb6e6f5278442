-- Suppression as it is looked at and kept: who entered what by hand, what ends when, and who has come back.

-- Where all data was refused until ends_at, data from before the deletion may be refused longer, by another deletion.
ALTER TABLE suppressions ADD COLUMN late_until INTEGER;
ALTER TABLE suppressions ADD COLUMN added_by TEXT;   -- of those entered by hand
ALTER TABLE suppressions ADD COLUMN note TEXT;       -- of those entered by hand: why
-- Few have stopped anything and few are entered by hand; a deletion writes into neither index.
CREATE INDEX suppressions_that_stopped ON suppressions (dataset_id, stopped_at) WHERE stopped > 0;
CREATE INDEX suppressions_by_hand ON suppressions (dataset_id, added_at) WHERE reason = 'person';

-- What each deletion put on the list and what that has stopped, added up: the list itself may be very long. One row for what
-- was entered by hand, with the number 0.
CREATE TABLE suppression_sources (
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  reason     TEXT NOT NULL CHECK (reason IN ('job', 'request', 'person')),
  source_id  INTEGER NOT NULL,
  refuses    TEXT NOT NULL CHECK (refuses IN ('late', 'all')),
  added_at   INTEGER NOT NULL,          -- the last time
  ends_at    INTEGER,                   -- of several the latest; NULL: for good
  identities INTEGER NOT NULL,          -- that were entered, lifted ones too
  stopped    INTEGER NOT NULL DEFAULT 0,
  stopped_purchases INTEGER NOT NULL DEFAULT 0,
  stopped_at INTEGER,
  PRIMARY KEY (dataset_id, reason, source_id)
) STRICT, WITHOUT ROWID;

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
  found       INTEGER NOT NULL DEFAULT 0, -- live again
  against     INTEGER NOT NULL DEFAULT 0  -- of these, on the list of suppressions with all their data
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
  against    INTEGER NOT NULL,          -- of these, with all their data refused
  PRIMARY KEY (recheck_id, source, source_id, kind)
) STRICT, WITHOUT ROWID;
