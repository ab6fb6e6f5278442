-- Profiles that an erasure took out of the store: fewer than people where a copy in the warehouse was all that was left of somebody.
ALTER TABLE erasures ADD COLUMN profiles INTEGER NOT NULL DEFAULT 0;
-- Of earlier ones it was not written down; most were in the store.
UPDATE erasures SET profiles = people;
