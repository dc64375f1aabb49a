-- Migrates layout 4, which did not know copies. They are found when the index is opened.
INSERT INTO meta VALUES ('stories', 'missing');

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
