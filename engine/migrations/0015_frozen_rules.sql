-- The rules that a job's rule refers to, as they were at confirmation: whoever edits one of those segments between the
-- confirmation and the end changes nobody's fate in the job. One row for each rule segment that was enabled then, also where
-- it is reached through another. Lists and disabled segments are not here: their members are data, and data may change.
CREATE TABLE job_segments (
  job_id     INTEGER NOT NULL REFERENCES jobs (id), -- of a plan, its first job
  segment_id INTEGER NOT NULL,
  rule       TEXT NOT NULL,             -- stored form, as segments.rule
  PRIMARY KEY (job_id, segment_id)
) STRICT, WITHOUT ROWID;
