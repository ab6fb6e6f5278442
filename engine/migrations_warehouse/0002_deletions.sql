-- Who of the people in this file was deleted from the store, and by which job. Filled at the end of a job, slice by slice
-- in id order; each slice commits together with how far it came, so a restart goes on there.

CREATE TABLE deletions (
  job_id      INTEGER PRIMARY KEY,
  dataset_id  INTEGER NOT NULL,
  deleted_at  INTEGER NOT NULL,            -- when it was checked who is left: the term of keeping counts from here
  marked_upto INTEGER NOT NULL DEFAULT 0,  -- targets up to this profile are marked
  marked_at   INTEGER,                     -- NULL: not all are marked yet
  profiles    INTEGER NOT NULL DEFAULT 0,  -- rows that this file keeps of these people now
  events      INTEGER NOT NULL DEFAULT 0,
  went        TEXT NOT NULL DEFAULT '{}',  -- JSON of domain::metric::Aggregated: what these people counted for
  projected   TEXT NOT NULL DEFAULT '{}',  -- JSON: impressions by campaign of the people on the list
  removed_at  INTEGER                      -- the term was over and the last of these rows has been removed
) STRICT;

CREATE TABLE deleted_people (
  job_id     INTEGER NOT NULL REFERENCES deletions (job_id),
  profile_id INTEGER NOT NULL,
  PRIMARY KEY (job_id, profile_id)
) STRICT, WITHOUT ROWID;
