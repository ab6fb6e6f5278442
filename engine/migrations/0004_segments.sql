-- What the pages of segments keep: what a disabled segment would become, and the reports of files.

-- What the rule of a disabled segment would do if it were enabled: counted together with its members, shown with its time
-- (would_at), and gone when it is enabled or disabled.
ALTER TABLE segments ADD COLUMN would_match INTEGER; -- people who match the rule
ALTER TABLE segments ADD COLUMN would_join  INTEGER; -- of these, those who are no members
ALTER TABLE segments ADD COLUMN would_leave INTEGER; -- members who do not match
ALTER TABLE segments ADD COLUMN would_at    INTEGER;

-- What a file did to the members of a segment, for who put it in: shown after the post, and after a reload. The newest few of
-- each segment are kept.
CREATE TABLE segment_files (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  segment_id INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  actor      TEXT NOT NULL,
  report     TEXT NOT NULL              -- JSON of domain::membership::FileReport: line numbers and reasons, never a cell
) STRICT;
CREATE INDEX segment_files_by_segment ON segment_files (segment_id, id);
