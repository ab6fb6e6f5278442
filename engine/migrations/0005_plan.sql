-- Plans of several jobs, and how good estimates were.

-- One confirmation and one frozen set, in as many jobs as the longest job that is allowed asks for. The targets of all of
-- them lie under the first job's number; each job has the part with ids above range_after, up to and including range_upto.
ALTER TABLE jobs ADD COLUMN plan_id INTEGER;                           -- the first job of the plan; NULL: a job by itself
ALTER TABLE jobs ADD COLUMN plan_no INTEGER NOT NULL DEFAULT 1;        -- 1, 2, …
ALTER TABLE jobs ADD COLUMN plan_of INTEGER NOT NULL DEFAULT 1;        -- of how many
ALTER TABLE jobs ADD COLUMN range_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN range_upto INTEGER NOT NULL DEFAULT 9223372036854775807; -- as low as range_after until the set is split
CREATE INDEX jobs_by_plan ON jobs (plan_id, plan_no) WHERE plan_id IS NOT NULL;

-- One unfinished deletion per segment, kept by the database as before, only that the jobs of one plan stand together: one of
-- them holds the segment, the earliest that is not over, and hands it on in the transaction that ends it.
ALTER TABLE jobs ADD COLUMN holds_segment INTEGER CHECK (holds_segment = 1);
UPDATE jobs SET holds_segment = 1 WHERE state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed');
DROP INDEX jobs_one_per_segment;
CREATE UNIQUE INDEX jobs_one_per_segment ON jobs (segment_id) WHERE holds_segment = 1;
CREATE INDEX jobs_unfinished ON jobs (segment_id)
  WHERE state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed');

-- What was expected at confirmation, what it came to, and the pauses that people made, which are no part of it.
ALTER TABLE jobs ADD COLUMN estimate TEXT;                             -- JSON of domain::estimate::Estimated
ALTER TABLE jobs ADD COLUMN took_ms INTEGER;                           -- NULL before the end
ALTER TABLE jobs ADD COLUMN paused_ms INTEGER NOT NULL DEFAULT 0;
