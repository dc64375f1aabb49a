-- Migrates layout 1, which stored each text in the row of its article.
DROP VIEW coming_paragraphs;
DROP TABLE staged;
DROP TABLE staged_paragraphs;

CREATE TABLE texts (row INTEGER PRIMARY KEY, text TEXT NOT NULL);
INSERT INTO texts (row, text) SELECT row, text FROM articles;
ALTER TABLE articles ADD COLUMN content INTEGER NOT NULL DEFAULT 0;
UPDATE articles SET content = row;
ALTER TABLE articles DROP COLUMN text;
ALTER TABLE articles ADD COLUMN keep_all INTEGER NOT NULL DEFAULT 0;

ALTER TABLE paragraphs RENAME TO paragraphs_1;
DROP INDEX paragraphs_by_article;
CREATE TABLE paragraphs (
    fingerprint TEXT NOT NULL,
    skipped INTEGER NOT NULL,
    article TEXT NOT NULL,
    spans TEXT NOT NULL,
    PRIMARY KEY (fingerprint, skipped, article)
) WITHOUT ROWID;
INSERT INTO paragraphs SELECT fingerprint, skipped, article, '[]' FROM paragraphs_1;
DROP TABLE paragraphs_1;
CREATE INDEX paragraphs_by_article ON paragraphs (article);

-- In layout 1, a paragraph did not come back when the articles that shared it were gone.
CREATE TABLE unsettled_paragraphs (fingerprint TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO unsettled_paragraphs SELECT DISTINCT fingerprint FROM paragraphs WHERE skipped = 1;

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
    keep_all INTEGER NOT NULL
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
