-- The store of Lethe, file lethe.db. Read this second, after domain/src/lib.rs.
--
-- How it lies on disk, and why. Deleting people is the product, so the layout is made for it: everything that
-- belongs to a person is clustered by profile_id (WITHOUT ROWID, key begins with the profile), and nothing about a
-- profile has a random secondary index. Deleting profiles in id order then touches every page once. The only table
-- in random order is identity_lookup, whose dead entries are swept once per job in key order.
--
-- Times are UTC milliseconds (…_at). Money and quantities are millionths (…_micros). SQL is kept to what PostgreSQL
-- speaks too, where nothing is lost by it.

-- One row: what the whole installation counts.
CREATE TABLE installation (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  epoch      INTEGER NOT NULL,  -- +1 at every start; a batch of an older process finds another number and rolls back
  change_seq INTEGER NOT NULL,  -- the last number given out in change_log
  next_block INTEGER NOT NULL   -- the next unused block of profile ids
) STRICT;
INSERT INTO installation VALUES (1, 0, 0, 1);

-- An isolated store of profiles with its own roles and jobs.
CREATE TABLE datasets (
  id         INTEGER PRIMARY KEY,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  currency   TEXT NOT NULL DEFAULT 'USD',
  created_at INTEGER NOT NULL
) STRICT;

-- Profile ids are unique in the installation, drawn in blocks of 1,048,576 per dataset and never reused: an id that
-- stands in an old job can never mean another person. A dataset is scanned block by block, in id order.
CREATE TABLE profile_blocks (
  first_id   INTEGER PRIMARY KEY,                 -- block number × 1,048,576
  last_id    INTEGER NOT NULL,                    -- inclusive
  next_id    INTEGER NOT NULL,                    -- the next unused id of the block; last_id + 1 when full
  dataset_id INTEGER NOT NULL REFERENCES datasets (id)
) STRICT;
CREATE INDEX profile_blocks_by_dataset ON profile_blocks (dataset_id, first_id);

-- A person's record.
CREATE TABLE profiles (
  id            INTEGER PRIMARY KEY,
  dataset_id    INTEGER NOT NULL,
  bucket        INTEGER NOT NULL,       -- 0 to 9999, drawn at creation, for percent ranges that stay put
  first_seen_at INTEGER,                -- least of event times and the imported value
  last_seen_at  INTEGER,                -- greatest of the same
  created_at    INTEGER NOT NULL,       -- the imported created_at, else the time of import
  changed_seq   INTEGER NOT NULL,       -- change_log number of the last change to this person or their events
  attributes    TEXT NOT NULL DEFAULT '{}' -- JSON object; text, number, true/false as such; a time is {"t":ms}; anything else {"j":…}
) STRICT;

-- How a person is known. At most one user_id, email and phone a profile, any number of anonymous ids.
CREATE TABLE identities (
  profile_id INTEGER NOT NULL,
  kind       INTEGER NOT NULL,          -- domain::profile::IdentityKind: 1 user_id, 2 email, 3 phone, 4 anonymous_id, 5 custom
  value      TEXT NOT NULL,             -- canonical form (e-mail: trimmed, NFC, ASCII lower case)
  PRIMARY KEY (profile_id, kind, value)
) STRICT, WITHOUT ROWID;

-- Exact look-up of an identity: key is the first 16 bytes of a keyed hash (domain of the hash: dataset, kind, canonical
-- value). An entry whose profile is gone reads as "not found" until the sweep of the job takes it away; an import that
-- meets one takes it over. The answer is always checked against identities.
CREATE TABLE identity_lookup (
  dataset_id INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  hash       BLOB NOT NULL,
  profile_id INTEGER NOT NULL,
  PRIMARY KEY (dataset_id, kind, hash)
) STRICT, WITHOUT ROWID;

-- Event kinds are few and long: events carry their number.
CREATE TABLE event_kinds (
  id         INTEGER PRIMARY KEY,
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  name       TEXT NOT NULL,
  UNIQUE (dataset_id, name)
) STRICT;

-- What people did. eid: the first 8 bytes of a hash of message_id (the same message twice is one event), else drawn from
-- a sequence (two lines without message_id are two events).
CREATE TABLE events (
  profile_id      INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  eid             INTEGER NOT NULL,
  kind_id         INTEGER NOT NULL,
  value_micros    INTEGER,
  quantity_micros INTEGER,
  campaign_id     TEXT,
  properties      TEXT,                 -- JSON object coded as profiles.attributes; NULL when there are none
  PRIMARY KEY (profile_id, at, eid)
) STRICT, WITHOUT ROWID;

-- Accumulated totals: counted when an event arrives, not moved when a person goes (fact S7).
CREATE TABLE totals (
  dataset_id      INTEGER NOT NULL,
  day             INTEGER NOT NULL,     -- days since 1970-01-01, UTC
  kind_id         INTEGER NOT NULL,
  campaign_id     TEXT NOT NULL DEFAULT '',
  events          INTEGER NOT NULL,
  value_micros    INTEGER NOT NULL,
  quantity_micros INTEGER NOT NULL,
  PRIMARY KEY (dataset_id, day, kind_id, campaign_id)
) STRICT, WITHOUT ROWID;

-- Who is in. state 'disabled' means: nobody joins; the members of the moment of disabling, less the deleted, still count.
CREATE TABLE segments (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id      INTEGER NOT NULL REFERENCES datasets (id),
  name            TEXT NOT NULL,
  kind            TEXT NOT NULL CHECK (kind IN ('rule', 'manual', 'list')),
  rule            TEXT,                 -- stored form: canonical text, other segments by number (in segment #12)
  state           TEXT NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled')),
  disabled_at     INTEGER,
  base_job_id     INTEGER,              -- a rule segment disabled by a job: members are that job's targets, corrected by memberships
  version         INTEGER NOT NULL DEFAULT 1, -- +1 at every change of name, rule, members or state
  count_value     INTEGER,              -- the cached count, shown with its time; NULL when never counted
  counted_at      INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  UNIQUE (dataset_id, name),
  CHECK ((kind = 'rule') = (rule IS NOT NULL))
) STRICT;

-- Members of manual and list segments, and the corrections of a disabled rule segment.
CREATE TABLE memberships (
  profile_id INTEGER NOT NULL,
  segment_id INTEGER NOT NULL,
  member     INTEGER NOT NULL DEFAULT 1, -- 0: was in the base job's targets, but no member when the segment was disabled
  joined_at  INTEGER NOT NULL,
  PRIMARY KEY (profile_id, segment_id)
) STRICT, WITHOUT ROWID;

-- What leans on segments.
CREATE TABLE campaigns (
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  id         TEXT NOT NULL,             -- the id that events carry
  name       TEXT NOT NULL,
  status     TEXT NOT NULL CHECK (status IN ('draft', 'scheduled', 'active', 'paused', 'ended')),
  starts_at  INTEGER,
  ends_at    INTEGER,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (dataset_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_segments (
  dataset_id  INTEGER NOT NULL,
  campaign_id TEXT NOT NULL,
  segment_id  INTEGER NOT NULL REFERENCES segments (id),
  role        TEXT NOT NULL CHECK (role IN ('include', 'exclude')),
  PRIMARY KEY (dataset_id, campaign_id, segment_id),
  FOREIGN KEY (dataset_id, campaign_id) REFERENCES campaigns (dataset_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_segments_by_segment ON campaign_segments (segment_id);

-- A bulk deletion. People write intent, the runner alone writes state; domain::job::JobState::after says what may follow.
CREATE TABLE jobs (
  id              INTEGER PRIMARY KEY AUTOINCREMENT, -- shown as D-<id>; the first is 1001
  dataset_id      INTEGER NOT NULL REFERENCES datasets (id),
  segment_id      INTEGER NOT NULL,     -- not a foreign key: the record outlives the segment
  segment_name    TEXT NOT NULL,        -- as it was at confirmation
  rule            TEXT,                 -- as it was, stored form; NULL for manual and list segments
  rule_shown      TEXT,                 -- as it was, with names, literals of identity fields hashed
  spec            TEXT NOT NULL,        -- JSON of domain::job::JobSpec: what was asked, never changed
  plan_hash       TEXT NOT NULL,
  state           TEXT NOT NULL,
  intent          TEXT NOT NULL DEFAULT 'run' CHECK (intent IN ('run', 'hold', 'cancel')),
  intent_by       TEXT,
  intent_at       INTEGER,
  holds_place     INTEGER CHECK (holds_place = 1), -- 1 while it holds the dataset's one place, else NULL
  paused_at       INTEGER,              -- the runner has acknowledged a hold
  ending          TEXT CHECK (ending IN ('cancelled', 'failed')), -- decided while deleting; becomes the state when sealed
  waiting_for     TEXT,                 -- a sentence: why the runner does not move though it may
  max_rate        INTEGER,              -- profiles a second; NULL: no limit
  requested_by    TEXT NOT NULL,
  approved_by     TEXT,
  reason          TEXT,
  end_reason      TEXT,
  idempotency_key TEXT,
  idempotency_hash BLOB,                -- of the request's body: the same key with another body is refused
  now_at          INTEGER NOT NULL,     -- the rule's "now": the moment of confirmation
  confirmed_count INTEGER NOT NULL,
  freeze_seq      INTEGER NOT NULL,     -- change_log number at confirmation: who changed later is looked at again
  freeze_cursor   INTEGER NOT NULL DEFAULT 0, -- the greatest profile id that the freeze has looked at
  freeze_upto     INTEGER NOT NULL,     -- the greatest profile id at confirmation; later ones are newcomers
  epoch           INTEGER NOT NULL DEFAULT 0, -- of the process that works on it
  pass            INTEGER NOT NULL DEFAULT 1, -- 2 and up: retry passes over the failed
  cursor          INTEGER NOT NULL DEFAULT 0, -- the greatest profile id decided in this pass
  sweep_cursor    BLOB,                 -- the last look-up key swept (kind, then hash); NULL before the sweep
  resumes         INTEGER NOT NULL DEFAULT 0, -- consecutive restarts without a committed batch
  matched         INTEGER NOT NULL DEFAULT 0,
  deleted         INTEGER NOT NULL DEFAULT 0,
  spared          INTEGER NOT NULL DEFAULT 0,
  held            INTEGER NOT NULL DEFAULT 0,
  failed          INTEGER NOT NULL DEFAULT 0,
  gone            INTEGER NOT NULL DEFAULT 0,
  joined_after    INTEGER,              -- outside the sum; NULL until verified
  events_deleted  INTEGER NOT NULL DEFAULT 0,
  batches         INTEGER NOT NULL DEFAULT 0,
  work_ms         INTEGER NOT NULL DEFAULT 0, -- time spent in batches, pauses not counted
  rate            REAL,                 -- profiles a second, moving average of recent batches incl. rests
  phases          TEXT NOT NULL DEFAULT '[]', -- JSON: [{"name","started_at","finished_at"}]
  warehouse_kept  TEXT,                 -- JSON: rows that stay in the warehouse
  created_at      INTEGER NOT NULL,
  start_at        INTEGER NOT NULL,     -- not before
  started_at      INTEGER,
  verified_at     INTEGER,
  scrubbed_at     INTEGER,
  finished_at     INTEGER,
  updated_at      INTEGER NOT NULL
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', 1000);
-- Fact S8, kept by the database: one job per dataset has the place, one unfinished job per segment.
CREATE UNIQUE INDEX jobs_one_place ON jobs (dataset_id) WHERE holds_place = 1;
CREATE UNIQUE INDEX jobs_one_per_segment ON jobs (segment_id)
  WHERE state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed');
CREATE UNIQUE INDEX jobs_idempotency ON jobs (requested_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_by_dataset ON jobs (dataset_id, id);

-- The frozen target set, in id order: fixed at confirmation, whatever happens to the segment or the people later.
CREATE TABLE job_targets (
  job_id     INTEGER NOT NULL REFERENCES jobs (id),
  profile_id INTEGER NOT NULL,
  PRIMARY KEY (job_id, profile_id)
) STRICT, WITHOUT ROWID;

-- Targets that were not deleted, and why. A target at or below the cursor without a row here was deleted.
CREATE TABLE job_outcomes (
  job_id     INTEGER NOT NULL REFERENCES jobs (id),
  profile_id INTEGER NOT NULL,
  outcome    TEXT NOT NULL CHECK (outcome IN ('spared', 'held', 'failed', 'gone')),
  reason     TEXT NOT NULL,
  PRIMARY KEY (job_id, profile_id)
) STRICT, WITHOUT ROWID;

-- One row a committed batch: the job's counters are the sums of these, which the tests check.
CREATE TABLE job_batches (
  job_id     INTEGER NOT NULL REFERENCES jobs (id),
  no         INTEGER NOT NULL,
  pass       INTEGER NOT NULL,
  epoch      INTEGER NOT NULL,
  first_id   INTEGER NOT NULL,
  last_id    INTEGER NOT NULL,
  deleted    INTEGER NOT NULL,
  spared     INTEGER NOT NULL,
  held       INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  gone       INTEGER NOT NULL,
  events     INTEGER NOT NULL,
  ms         INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (job_id, no)
) STRICT, WITHOUT ROWID;

-- What the warehouse copy has yet to take over: keys only, in order; trimmed when the copy has passed.
CREATE TABLE change_log (
  seq        INTEGER PRIMARY KEY,
  dataset_id INTEGER NOT NULL,
  profile_id INTEGER NOT NULL,
  event_at   INTEGER,                   -- NULL: the profile itself changed
  event_eid  INTEGER
) STRICT;

-- People who log in, their sessions, and tokens for machines. Secrets are stored as hashes only.
CREATE TABLE users (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  role          TEXT NOT NULL CHECK (role IN ('administrator', 'approver', 'privacy', 'editor', 'viewer')),
  dataset_id    INTEGER REFERENCES datasets (id), -- NULL: all
  password_hash TEXT NOT NULL,          -- argon2id
  created_at    INTEGER NOT NULL,
  disabled_at   INTEGER
) STRICT;

CREATE TABLE sessions (
  hash         BLOB PRIMARY KEY,        -- SHA-256 of the cookie
  user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at   INTEGER NOT NULL,
  used_at      INTEGER NOT NULL,
  password_at  INTEGER NOT NULL,        -- when the password was last given; a deletion asks again after five minutes
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  key_id       TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  secret_hash  BLOB NOT NULL,           -- SHA-256
  scope        TEXT NOT NULL CHECK (scope IN ('admin', 'bulk', 'privacy', 'ingest', 'read')),
  dataset_id   INTEGER REFERENCES datasets (id), -- NULL: all
  created_by   TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  used_at      INTEGER,
  revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

-- Who did what. Written in the transaction of the deed; names no identity of a person.
CREATE TABLE audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  actor      TEXT NOT NULL,
  action     TEXT NOT NULL,
  dataset_id INTEGER,
  object     TEXT NOT NULL,
  detail     TEXT NOT NULL DEFAULT '{}' -- JSON
) STRICT;
CREATE INDEX audit_by_object ON audit (object, id);

-- Imports, so that an interrupted file goes on where it stopped.
CREATE TABLE imports (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id   INTEGER NOT NULL REFERENCES datasets (id),
  kind         TEXT NOT NULL,
  content_hash BLOB,                    -- of the whole file; NULL for streams
  state        TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'done', 'failed')),
  line         INTEGER NOT NULL DEFAULT 0, -- rows that begin on this line or before are settled
  window_upto  INTEGER NOT NULL DEFAULT 0, -- the line that ends the window after it; 0: none is begun
  window_rows  INTEGER NOT NULL DEFAULT 0, -- rows of that window that are settled, in the order in which they are written
  boundary     INTEGER NOT NULL DEFAULT 0, -- the greatest profile id before that window, which its order follows from; -1: it is in the order of the file
  accepted     INTEGER NOT NULL DEFAULT 0,
  created      INTEGER NOT NULL DEFAULT 0,
  updated      INTEGER NOT NULL DEFAULT 0,
  rejected     INTEGER NOT NULL DEFAULT 0,
  actor        TEXT NOT NULL,
  started_at   INTEGER NOT NULL,
  finished_at  INTEGER
) STRICT;

-- Settings of the installation that people change in the console.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
