CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- The texts of articles, incoming ones too: written once, whatever becomes visible when.
CREATE TABLE texts (row INTEGER PRIMARY KEY, text TEXT NOT NULL);

CREATE TABLE articles (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    published INTEGER,              -- yyyymmdd
    source TEXT,
    author TEXT,
    url TEXT,
    content INTEGER NOT NULL,       -- its row in texts
    skipped TEXT NOT NULL,          -- [[start, end, reason], ...] marked by the reader
    keep_all INTEGER NOT NULL,      -- 1: no paragraph counts as repeated
    repeated TEXT NOT NULL,         -- [[start, end], ...] paragraphs found in many articles
    content_hash TEXT NOT NULL,
    pages TEXT NOT NULL             -- [start, ...] of each page; [] in a format without pages
);
CREATE INDEX articles_by_date ON articles (published);
CREATE INDEX articles_by_source ON articles (source);

CREATE TABLE passages (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    article INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    text TEXT NOT NULL,
    sentences TEXT NOT NULL,        -- [[start, end], ...] in the article
    words INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);

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

-- Which articles hold which paragraph. `skipped`: the article's passages were made without it.
CREATE TABLE paragraphs (
    fingerprint TEXT NOT NULL,
    skipped INTEGER NOT NULL,
    article TEXT NOT NULL,
    spans TEXT NOT NULL,            -- [[start, end], ...] in the article; [] if not known
    PRIMARY KEY (fingerprint, skipped, article)
) WITHOUT ROWID;
CREATE INDEX paragraphs_by_article ON paragraphs (article);

-- Paragraphs of articles that have changed: they may have become repeated, or be so no longer, and then
-- other articles that contain them have to be split again.
CREATE TABLE unsettled_paragraphs (fingerprint TEXT PRIMARY KEY) WITHOUT ROWID;

-- Articles that are staged but not yet visible.
CREATE TABLE staged (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    published INTEGER,
    source TEXT,
    author TEXT,
    url TEXT,
    content INTEGER NOT NULL,
    skipped TEXT NOT NULL,
    keep_all INTEGER NOT NULL,
    pages TEXT NOT NULL
);
CREATE TABLE staged_paragraphs (
    fingerprint TEXT NOT NULL,
    article TEXT NOT NULL,
    spans TEXT NOT NULL,
    PRIMARY KEY (fingerprint, article)
) WITHOUT ROWID;
CREATE INDEX staged_paragraphs_by_article ON staged_paragraphs (article);
-- The paragraphs as they will be once everything staged is visible.
-- One part for each value of `skipped`, so that each part is read in the order of its key.
CREATE VIEW coming_paragraphs AS
    SELECT fingerprint, article, spans FROM staged_paragraphs
    UNION ALL
    SELECT fingerprint, article, spans FROM paragraphs
    WHERE skipped = 0 AND article NOT IN (SELECT id FROM staged)
    UNION ALL
    SELECT fingerprint, article, spans FROM paragraphs
    WHERE skipped = 1 AND article NOT IN (SELECT id FROM staged);

-- The words that articles are compared by. Articles of the same words have one wording, and wordings that
-- are copies of each other one story, named by the least of them.
CREATE TABLE wordings (
    wording BIGINT PRIMARY KEY,
    story BIGINT NOT NULL,
    signature BLOB NOT NULL         -- little-endian uint32
) WITHOUT ROWID;
CREATE INDEX wordings_by_story ON wordings (story);
CREATE TABLE article_wordings (article TEXT PRIMARY KEY, wording BIGINT NOT NULL) WITHOUT ROWID;
CREATE INDEX article_wordings_by_wording ON article_wordings (wording);

-- The wordings in each band of signatures. A crowded band has too many of them to be used.
CREATE TABLE bands (band BIGINT NOT NULL, wording BIGINT NOT NULL, PRIMARY KEY (band, wording)) WITHOUT ROWID;
CREATE TABLE crowded_bands (band BIGINT PRIMARY KEY) WITHOUT ROWID;

-- Passages whose vectors may be out of step with this file until the row is gone.
CREATE TABLE pending (passage TEXT PRIMARY KEY) WITHOUT ROWID;
