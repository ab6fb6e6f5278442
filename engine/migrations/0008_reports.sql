-- What reports compare: a job's figures before and after it, and the figures of a dataset as they were last counted. All of
-- it is JSON of domain::metric and domain::series: numbers about people and no person.

-- Before and after a job. A side is written whole or not at all, so a restart measures it again or finds it.
CREATE TABLE job_reports (
  job_id        INTEGER PRIMARY KEY REFERENCES jobs (id),
  before_at     INTEGER,              -- before anybody was deleted; NULL: the job began under a release without reports
  totals_before TEXT,                 -- accumulated
  people_before TEXT,                 -- aggregated; NULL: too many to count in front of a job that starts at once
  after_at      INTEGER,              -- when sealing began
  totals_after  TEXT,
  people_after  TEXT,
  went          TEXT,                 -- what the deleted people took along, read from the warehouse's copy of them
  projected     TEXT                  -- impressions by campaign of the people on the list, 30 days up to confirmation
) STRICT;

-- Figures that take long to count, with the time at which they were true.
CREATE TABLE figures (
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  what       TEXT NOT NULL CHECK (what IN ('people', 'warehouse')),
  counted_at INTEGER NOT NULL,
  took_ms    INTEGER NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (dataset_id, what)
) STRICT, WITHOUT ROWID;
