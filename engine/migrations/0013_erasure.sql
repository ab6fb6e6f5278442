-- Erasing single persons: one account of what was done where, and what is still to be done.

-- An erasure of a few people, at most as many as go in one transaction. The store's part is done when the row is there.
CREATE TABLE erasures (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id   INTEGER NOT NULL REFERENCES datasets (id),
  request_id   INTEGER,                 -- of privacy_requests; NULL: asked for directly
  actor        TEXT NOT NULL,
  at           INTEGER NOT NULL,        -- when the store's part was committed
  people       INTEGER NOT NULL,        -- as domain::privacy::ErasureDone counts the deleted
  events       INTEGER NOT NULL,        -- of the store
  warehouse_at INTEGER,                 -- NULL: the warehouse still has them
  warehouse_profiles INTEGER NOT NULL DEFAULT 0,
  warehouse_events   INTEGER NOT NULL DEFAULT 0,
  scrubbed_at  INTEGER                  -- NULL: dead bytes may still be in the files
) STRICT;
CREATE INDEX erasures_unfinished ON erasures (id) WHERE scrubbed_at IS NULL;
CREATE INDEX erasures_by_dataset ON erasures (dataset_id, id);
CREATE INDEX erasures_by_request ON erasures (request_id) WHERE request_id IS NOT NULL;
-- Its hashes are in erased as source 'request': under request_id, or, where it is NULL, under the negative of its own id.

-- Whose rows are to be taken out of the warehouse, and whose lines out of stored exports. Numbers that are never given to
-- anybody else; taken away when the erasure is scrubbed.
CREATE TABLE erasure_people (
  erasure_id INTEGER NOT NULL REFERENCES erasures (id),
  profile_id INTEGER NOT NULL,
  PRIMARY KEY (erasure_id, profile_id)
) STRICT, WITHOUT ROWID;
