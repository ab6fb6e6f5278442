-- Legal holds: what is kept of one that has ended. And live data: what came by the tracking API, and who was merged.

ALTER TABLE holds ADD COLUMN end_reason TEXT;             -- why it was ended, in people's words; NULL while in force
ALTER TABLE holds ADD COLUMN people INTEGER NOT NULL DEFAULT 0; -- how many people it named when it was set; 0 for a rule
CREATE INDEX hold_people_by_hold ON hold_people (hold_id, profile_id);

-- What came by the tracking API, by day of its coming: nothing is passed over unseen. Numbers alone, no message.
CREATE TABLE tracked_days (
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  day        INTEGER NOT NULL,          -- days since 1970-01-01, UTC
  accepted   INTEGER NOT NULL DEFAULT 0, -- messages taken; one that was there already counts too
  rejected   INTEGER NOT NULL DEFAULT 0, -- messages that could not be taken
  suppressed INTEGER NOT NULL DEFAULT 0, -- messages about people who are not let in again
  merged     INTEGER NOT NULL DEFAULT 0, -- profiles that became one with another
  last_at    INTEGER NOT NULL,          -- when the last one came
  PRIMARY KEY (dataset_id, day)
) STRICT, WITHOUT ROWID;

-- Profiles that became one with another: by the number of that change, so that the warehouse copy, which takes changes
-- over in order, drops its rows of them. Numbers that are never given to anybody else; trimmed with the change log.
CREATE TABLE merged_profiles (
  seq        INTEGER PRIMARY KEY,       -- of change_log
  profile_id INTEGER NOT NULL           -- who is no more
) STRICT;
