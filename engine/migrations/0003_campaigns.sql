-- A/B arms of campaigns, and what other systems run on segments.

-- Arms of a campaign: ranges of the bucket that every profile keeps from its creation (profiles.bucket), so that nobody
-- changes arm while a test runs. That ranges do not overlap is checked where they are written (domain::campaign::arms).
CREATE TABLE campaign_arms (
  dataset_id  INTEGER NOT NULL,
  campaign_id TEXT NOT NULL,
  from_bucket INTEGER NOT NULL CHECK (from_bucket >= 0),
  upto_bucket INTEGER NOT NULL CHECK (upto_bucket <= 10000), -- exclusive
  name        TEXT NOT NULL,
  PRIMARY KEY (dataset_id, campaign_id, from_bucket),
  UNIQUE (dataset_id, campaign_id, name),
  FOREIGN KEY (dataset_id, campaign_id) REFERENCES campaigns (dataset_id, id) ON DELETE CASCADE,
  CHECK (from_bucket < upto_bucket)
) STRICT, WITHOUT ROWID;

-- What other systems run on segments, as they registered it: known only as of the last list.
CREATE TABLE uses (
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  id         TEXT NOT NULL,             -- the other system's
  kind       TEXT NOT NULL CHECK (kind IN ('campaign', 'journey', 'trigger', 'promotion', 'export')),
  name       TEXT NOT NULL,
  status     TEXT NOT NULL,             -- the other system's word; domain::usage::registered says which of them run
  owner      TEXT,
  link       TEXT,                      -- http or https
  version    INTEGER NOT NULL DEFAULT 1, -- +1 at every change, not at being listed again
  listed_at  INTEGER NOT NULL,          -- the last list that named it; older than the list of the dataset: left out since
  PRIMARY KEY (dataset_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE use_segments (
  dataset_id INTEGER NOT NULL,
  use_id     TEXT NOT NULL,
  segment_id INTEGER NOT NULL REFERENCES segments (id),
  role       TEXT NOT NULL CHECK (role IN ('include', 'exclude')),
  PRIMARY KEY (dataset_id, use_id, segment_id),
  FOREIGN KEY (dataset_id, use_id) REFERENCES uses (dataset_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX use_segments_by_segment ON use_segments (segment_id);

-- The last list of registered uses of a dataset. No row: none was ever given.
CREATE TABLE use_lists (
  dataset_id INTEGER PRIMARY KEY REFERENCES datasets (id),
  listed_at  INTEGER NOT NULL,
  uses       INTEGER NOT NULL           -- how many it named; 0: it was empty
) STRICT;
