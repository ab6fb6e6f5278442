-- What the engine learned after the first release: people with very many events, small jobs in large stores, and a scrub
-- that can be interrupted.

-- A person with more events than one batch may hold goes bit by bit: the profile first, so that nobody sees them any more,
-- then their events over several transactions. Counted once, when the last event is gone.
ALTER TABLE jobs ADD COLUMN going_id INTEGER;                          -- who is going; NULL: nobody is half gone
ALTER TABLE jobs ADD COLUMN going_events INTEGER NOT NULL DEFAULT 0;   -- events of theirs that went so far
ALTER TABLE jobs ADD COLUMN point_deletes INTEGER NOT NULL DEFAULT 0;  -- 1: few people of many, so each batch takes their look-up entries along

-- How many events a person has, counted as they come in: by it the engine sees beforehand how large a batch is. It is no
-- figure to show; those are counted.
ALTER TABLE profiles ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
UPDATE profiles SET events = (SELECT count(*) FROM events e WHERE e.profile_id = profiles.id);

-- The scrub: how far it is, and what it found and did, as JSON of domain::erasure.
ALTER TABLE jobs ADD COLUMN scrub_cursor INTEGER NOT NULL DEFAULT 0;   -- pages up to this number have been looked at
ALTER TABLE jobs ADD COLUMN erasure TEXT;

-- SHA-256 over the leaf before and this row: a batch that is changed or taken out afterwards breaks the chain.
ALTER TABLE job_batches ADD COLUMN leaf BLOB;
