-- Whose the identities of `erased` were, as long as a job runs: by this the copy of somebody whom it has deleted is found at once when
-- that person asks to be forgotten. Numbers of profiles, which are never given to anybody else. Taken away when the job has
-- marked its people in the warehouse, where they are found from then on.
CREATE TABLE erased_people (
  job_id INTEGER NOT NULL REFERENCES jobs (id),
  no     INTEGER NOT NULL,              -- of erased
  kind   INTEGER NOT NULL,
  first  BLOB NOT NULL,                 -- the least and the greatest hash of that row
  last   BLOB NOT NULL,
  people BLOB NOT NULL,                 -- 8 bytes each, in the order of its hashes
  PRIMARY KEY (job_id, no)
) STRICT, WITHOUT ROWID;
