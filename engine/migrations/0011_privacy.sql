-- Privacy requests: what a person asked for under the law, by when it must be answered, what was done, and who was told.
-- The records are kept for 24 months after the end and name nobody: how a person is known stands in privacy_identities alone,
-- and is taken away as soon as nothing is left to be done with it.

CREATE TABLE privacy_requests (
  id          INTEGER PRIMARY KEY AUTOINCREMENT, -- shown as P-<id>
  dataset_id  INTEGER NOT NULL REFERENCES datasets (id),
  kind        TEXT NOT NULL CHECK (kind IN ('access', 'portability', 'erasure')),
  regulation  TEXT NOT NULL CHECK (regulation IN ('gdpr', 'ccpa')),
  manner      TEXT NOT NULL,            -- domain::privacy::request::Manner: how it came
  state       TEXT NOT NULL CHECK (state IN ('pending', 'in_progress', 'completed', 'cancelled', 'declined')),
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  received_at INTEGER NOT NULL,         -- when the person's request arrived: from here the clock runs
  confirm_by  INTEGER,                  -- until when its receipt must be confirmed; NULL: the regulation asks for no such thing
  confirmed_at INTEGER,
  due_at      INTEGER NOT NULL,         -- first the term of the regulation, later with the extension
  first_due_at INTEGER NOT NULL,        -- without any extension
  extension   INTEGER,                  -- months (gdpr) or days (ccpa)
  extension_reason TEXT,
  extended_at INTEGER,
  verified_how TEXT,                    -- how the person's identity was made sure of; NULL: not yet
  verified_by TEXT,
  verified_at INTEGER,
  run_at      INTEGER,                  -- when the server carries it out by itself; NULL: when somebody says so
  subjects    TEXT NOT NULL,            -- JSON of the keyed names of the identities, such as #0123456789ab
  trouble     TEXT,                     -- why it could not be carried out at the last try
  tries       INTEGER NOT NULL DEFAULT 0,
  account     TEXT,                     -- JSON of domain::privacy::ErasureDone
  records     INTEGER,                  -- people found, in store and warehouse
  basis       TEXT,                     -- of a refusal
  reason      TEXT,                     -- of a refusal, in words
  ended_by    TEXT,
  ended_at    INTEGER,
  results_until INTEGER,                -- until when the answer to an access request can be downloaded
  forgotten_at INTEGER,                 -- since when nothing here says who it was
  -- What only OpenDSR has.
  outside_id  TEXT,                     -- subject_request_id
  controller  TEXT,                     -- the key id of the token that it came with
  digest      BLOB,                     -- of the body as it came: the same again gets the same answer
  callbacks   TEXT,                     -- JSON of the addresses
  CHECK ((state IN ('pending', 'in_progress')) = (ended_at IS NULL))
) STRICT;
CREATE INDEX privacy_by_dataset ON privacy_requests (dataset_id, id);
CREATE INDEX privacy_by_run ON privacy_requests (run_at) WHERE ended_at IS NULL AND run_at IS NOT NULL;
CREATE INDEX privacy_known ON privacy_requests (id) WHERE forgotten_at IS NULL;
CREATE UNIQUE INDEX privacy_by_outside_id ON privacy_requests (dataset_id, outside_id) WHERE outside_id IS NOT NULL;

-- Who it is about. The only place of a request where a person is named.
CREATE TABLE privacy_identities (
  request_id INTEGER NOT NULL REFERENCES privacy_requests (id),
  no         INTEGER NOT NULL,
  kind       INTEGER,                   -- domain::profile::IdentityKind; NULL: any
  value      TEXT NOT NULL,
  PRIMARY KEY (request_id, no)
) STRICT, WITHOUT ROWID;

-- What happened to a request, in order. Names no identity.
CREATE TABLE privacy_history (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id INTEGER NOT NULL REFERENCES privacy_requests (id),
  at         INTEGER NOT NULL,
  actor      TEXT NOT NULL,
  step       TEXT NOT NULL,             -- domain::privacy::request::Step
  note       TEXT
) STRICT;
CREATE INDEX privacy_history_by_request ON privacy_history (request_id, id);

-- Whom the dataset's data was disclosed to, and who is told of every erasure (GDPR art. 19).
CREATE TABLE privacy_recipients (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  name       TEXT NOT NULL,
  url        TEXT NOT NULL,
  secret     TEXT NOT NULL,             -- signs what is sent; never shown again
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  removed_at INTEGER                    -- the record of what it was told stays
) STRICT;
CREATE INDEX privacy_recipients_by_dataset ON privacy_recipients (dataset_id) WHERE removed_at IS NULL;

-- What is on its way to recipients and, as OpenDSR callbacks, to controllers. Delivered at least once; the key is the same at
-- every try. What a recipient is told of the person is put together at each try and stands nowhere.
CREATE TABLE privacy_deliveries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  key        TEXT NOT NULL UNIQUE,
  request_id INTEGER NOT NULL REFERENCES privacy_requests (id),
  recipient_id INTEGER REFERENCES privacy_recipients (id), -- NULL: a callback
  target     TEXT NOT NULL,             -- the address
  body       TEXT,                      -- of a callback, JSON
  state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
  tries      INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER,                   -- NULL: it is over
  said       TEXT,                      -- what the other side, or the network, said last
  created_at INTEGER NOT NULL,
  CHECK ((recipient_id IS NULL) = (body IS NOT NULL))
) STRICT;
CREATE INDEX privacy_deliveries_by_due ON privacy_deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX privacy_deliveries_by_request ON privacy_deliveries (request_id, id);
