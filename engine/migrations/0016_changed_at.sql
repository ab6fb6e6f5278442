-- When the people, events, members or rules of a dataset last changed: a count that is older says so, wherever it is shown.
ALTER TABLE datasets ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
-- Of what is there already nobody knows: its counts are taken for old until they are made anew.
UPDATE datasets SET changed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE EXISTS (SELECT 1 FROM profile_blocks b WHERE b.dataset_id = datasets.id);
