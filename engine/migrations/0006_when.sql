-- When a deletion happens, and who hears of it: starts that are brought forward, quiet hours that are changed while a job
-- waits or runs, recurring deletions, notices, and what leaves the console of them.

-- spec keeps the quiet hours that were asked for at confirmation; these are the ones that hold since somebody changed them.
ALTER TABLE jobs ADD COLUMN quiet_set INTEGER NOT NULL DEFAULT 0 CHECK (quiet_set IN (0, 1)); -- 1: quiet_hours holds, spec does not
ALTER TABLE jobs ADD COLUMN quiet_hours TEXT;       -- JSON of domain::job::QuietHours; NULL with quiet_set: none any more
ALTER TABLE jobs ADD COLUMN start_now_at INTEGER;   -- somebody has brought the start forward to this moment

-- Where a person's notices go by e-mail; NULL: they stay in the console.
ALTER TABLE users ADD COLUMN notice_email TEXT;

-- A standing confirmation: whoever matches the segment at each due moment is deleted, up to the ceiling.
CREATE TABLE recurring_jobs (
  id              INTEGER PRIMARY KEY AUTOINCREMENT, -- shown as R-<id>
  dataset_id      INTEGER NOT NULL REFERENCES datasets (id),
  segment_id      INTEGER NOT NULL,     -- not a foreign key: the record outlives the segment
  segment_name    TEXT NOT NULL,        -- as it was at confirmation
  spec            TEXT NOT NULL,        -- JSON of domain::recurring::RecurringSpec: what was confirmed, never changed
  definition      BLOB NOT NULL,        -- hash of the rule, and of those it refers to, at confirmation: another rule was not confirmed
  confirmed_count INTEGER NOT NULL,
  created_by      TEXT NOT NULL,        -- every run is asked for by them, and they must still be allowed to
  created_at      INTEGER NOT NULL,
  next_at         INTEGER,              -- when it is due; NULL: stopped
  stopped_at      INTEGER,
  stopped_by      TEXT,
  stop_reason     TEXT,                 -- where the server stopped it: why
  CHECK ((next_at IS NULL) = (stopped_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX recurring_one_per_segment ON recurring_jobs (segment_id) WHERE stopped_at IS NULL;
CREATE INDEX recurring_by_due ON recurring_jobs (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX recurring_by_dataset ON recurring_jobs (dataset_id, id);

-- What became of each due moment. The key keeps one from being decided twice; the job itself is kept from being made twice
-- by its idempotency key, which names the same two.
CREATE TABLE recurring_runs (
  recurring_id INTEGER NOT NULL REFERENCES recurring_jobs (id),
  due_at       INTEGER NOT NULL,
  decided_at   INTEGER NOT NULL,
  outcome      TEXT NOT NULL CHECK (outcome IN ('started', 'refused', 'nobody', 'skipped')),
  matched      INTEGER,                 -- NULL: it did not come to counting
  job_id       INTEGER,
  note         TEXT,                    -- why nobody was deleted, or what else is to be known
  settled_at   INTEGER,                 -- nothing is left to do about it: its job has ended, the segment is enabled where that was wished
  enabled_at   INTEGER,
  PRIMARY KEY (recurring_id, due_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX recurring_unsettled ON recurring_runs (job_id) WHERE settled_at IS NULL;

-- Word to a person of what a deletion of theirs came to, written in the transaction of that end.
CREATE TABLE notices (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  cause        TEXT NOT NULL UNIQUE,    -- what it tells of: job:1001:ended; told once, whatever is tried again
  recipient    TEXT NOT NULL,           -- the name that they log in with
  dataset_id   INTEGER NOT NULL REFERENCES datasets (id),
  kind         TEXT NOT NULL,
  title        TEXT NOT NULL,
  text         TEXT NOT NULL,
  job_id       INTEGER,
  recurring_id INTEGER,
  created_at   INTEGER NOT NULL,
  read_at      INTEGER
) STRICT;
CREATE INDEX notices_by_recipient ON notices (recipient, id);
CREATE INDEX notices_unread ON notices (recipient) WHERE read_at IS NULL;

-- Notices on their way out, written with the notice. Delivered at least once: the key is the same at every try.
CREATE TABLE deliveries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  key        TEXT NOT NULL UNIQUE,
  notice_id  INTEGER REFERENCES notices (id), -- NULL: a test
  channel    TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
  target     TEXT NOT NULL,             -- an address of staff, or the webhook's
  title      TEXT NOT NULL,
  body       TEXT NOT NULL,             -- JSON, as the webhook sends it
  state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
  tries      INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER,                   -- NULL: not by the loop; it is over, or a test that is being made
  said       TEXT,                      -- what the other side, or the network, said last
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_by_due ON deliveries (next_at) WHERE next_at IS NOT NULL;
