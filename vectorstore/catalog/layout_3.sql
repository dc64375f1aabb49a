-- Migrates layout 2, whose full-text index was SQLite's own. The postings are made from the passages
-- when the catalog is opened.
DROP TRIGGER passage_added;
DROP TRIGGER passage_removed;
DROP TABLE passages_terms;
DROP TABLE passages_text;
ALTER TABLE passages ADD COLUMN words INTEGER NOT NULL DEFAULT 0;
INSERT INTO meta VALUES ('postings', 'missing');

-- The full-text index: which passages have a term, and how often, in parts of limited size. Part 0 is the
-- one that grows.
CREATE TABLE postings (
    term TEXT NOT NULL,
    part INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    lowest INTEGER NOT NULL,        -- of `rows`
    highest INTEGER NOT NULL,
    rows BLOB NOT NULL,             -- rows of passages: little-endian uint32
    counts BLOB NOT NULL,           -- uint8, one for each row
    PRIMARY KEY (term, part)
);
