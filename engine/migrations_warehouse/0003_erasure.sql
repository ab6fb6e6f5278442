-- Finding copies of deleted people by an identity, and erasing single persons.

-- For a slice of a job's deleted people, the ids above after_id up to upto_id: the first four bytes of the keyed hash of each
-- of their identities, one after the other. Who looks for an identity reads these instead of all copies, and then the
-- copies of the few slices that may have it. Of no use without the key; goes with the copies.
CREATE TABLE deleted_tags (
  job_id   INTEGER NOT NULL,
  upto_id  INTEGER NOT NULL,
  after_id INTEGER NOT NULL,
  tags     BLOB NOT NULL,
  PRIMARY KEY (job_id, upto_id)
) STRICT, WITHOUT ROWID;

-- What erasures took out of this file, written in the same transaction: done again, one does not count again.
CREATE TABLE erasures (
  id       INTEGER PRIMARY KEY,        -- of the store's erasures
  profiles INTEGER NOT NULL,
  events   INTEGER NOT NULL
) STRICT;
