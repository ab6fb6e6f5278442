-- The warehouse copy, file warehouse.db: what stays when people are deleted from the store (fact S4).
-- Filled from lethe.db in the order of change_log; the watermark says how far. Rows are never deleted by a bulk job.

CREATE TABLE watermark (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  seq      INTEGER NOT NULL,   -- every change up to and including this one is in the copy
  moved_at INTEGER NOT NULL
) STRICT;
INSERT INTO watermark VALUES (1, 0, 0);

CREATE TABLE profiles (
  id            INTEGER PRIMARY KEY,
  dataset_id    INTEGER NOT NULL,
  identities    TEXT NOT NULL,  -- JSON: [[kind, value], …]
  first_seen_at INTEGER,
  last_seen_at  INTEGER,
  created_at    INTEGER NOT NULL,
  attributes    TEXT NOT NULL,
  copied_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  profile_id      INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  eid             INTEGER NOT NULL,
  dataset_id      INTEGER NOT NULL,
  kind            TEXT NOT NULL,
  value_micros    INTEGER,
  quantity_micros INTEGER,
  campaign_id     TEXT,
  properties      TEXT,
  PRIMARY KEY (profile_id, at, eid)
) STRICT, WITHOUT ROWID;
