-- Receipts: one signed statement for each deletion in bulk that was sealed, and for each privacy request.

CREATE TABLE receipts (
  no           INTEGER PRIMARY KEY,     -- 1, 2, … without a gap: the chain
  source       TEXT NOT NULL CHECK (source IN ('job', 'request')),
  source_id    INTEGER NOT NULL,        -- of jobs, or of privacy_requests
  dataset_id   INTEGER NOT NULL REFERENCES datasets (id),
  file         TEXT NOT NULL,           -- canonical JSON: {"receipt":…,"signature":…}
  hash         BLOB NOT NULL,           -- SHA-256 of file: the next receipt names it
  sealed_at    INTEGER NOT NULL,
  proofs_until INTEGER NOT NULL,        -- the term that stands on the receipt: then the key and the rows of erased are destroyed
  destroyed_at INTEGER,                 -- when that was done; from then on no proof for a person can be made
  parts        BLOB NOT NULL,           -- roots of the parts of the tree, 32 bytes each, so that a proof need not hash everybody; empty once destroyed
  UNIQUE (source, source_id)
) STRICT;
CREATE INDEX receipts_by_term ON receipts (proofs_until) WHERE destroyed_at IS NULL;
