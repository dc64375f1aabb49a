-- The tables of schema.sql at layout 5, for PostgreSQL. Text is ordered by code point, as in SQLite.
CREATE TABLE layout (number INTEGER NOT NULL);
INSERT INTO layout VALUES (5);

CREATE TABLE meta (key TEXT COLLATE "C" PRIMARY KEY, value TEXT COLLATE "C" NOT NULL);
-- The collection of vectors that belongs to this catalog, on whatever Chroma server it is.
INSERT INTO meta VALUES ('vectors', 'passages-' || gen_random_uuid());

CREATE TABLE texts (row BIGINT PRIMARY KEY, text TEXT COLLATE "C" NOT NULL);

CREATE TABLE articles (
    row BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT COLLATE "C" NOT NULL,
    published INTEGER,
    source TEXT COLLATE "C",
    author TEXT COLLATE "C",
    url TEXT COLLATE "C",
    content BIGINT NOT NULL,
    skipped TEXT COLLATE "C" NOT NULL,
    keep_all INTEGER NOT NULL,
    repeated TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" NOT NULL,
    pages TEXT COLLATE "C" NOT NULL
);
-- The order of a list of articles.
CREATE INDEX articles_by_date ON articles (coalesce(published, 0) DESC, row);
CREATE INDEX articles_by_source ON articles (source);

CREATE TABLE passages (
    row BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    article BIGINT NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    sentences TEXT COLLATE "C" NOT NULL,
    words INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);

CREATE TABLE postings (
    term TEXT COLLATE "C" NOT NULL,
    part INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    lowest BIGINT NOT NULL,
    highest BIGINT NOT NULL,
    rows BYTEA NOT NULL,
    counts BYTEA NOT NULL,
    PRIMARY KEY (term, part)
);

CREATE TABLE paragraphs (
    fingerprint TEXT COLLATE "C" NOT NULL,
    skipped INTEGER NOT NULL,
    article TEXT COLLATE "C" NOT NULL,
    spans TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (fingerprint, skipped, article)
);
CREATE INDEX paragraphs_by_article ON paragraphs (article);

CREATE TABLE unsettled_paragraphs (fingerprint TEXT COLLATE "C" PRIMARY KEY);

CREATE TABLE staged (
    row BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT COLLATE "C" NOT NULL,
    published INTEGER,
    source TEXT COLLATE "C",
    author TEXT COLLATE "C",
    url TEXT COLLATE "C",
    content BIGINT NOT NULL,
    skipped TEXT COLLATE "C" NOT NULL,
    keep_all INTEGER NOT NULL,
    pages TEXT COLLATE "C" NOT NULL
);
CREATE TABLE staged_paragraphs (
    fingerprint TEXT COLLATE "C" NOT NULL,
    article TEXT COLLATE "C" NOT NULL,
    spans TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (fingerprint, article)
);
CREATE INDEX staged_paragraphs_by_article ON staged_paragraphs (article);
CREATE VIEW coming_paragraphs AS
    SELECT fingerprint, article, spans FROM staged_paragraphs
    UNION ALL
    SELECT fingerprint, article, spans FROM paragraphs
    WHERE skipped = 0 AND article NOT IN (SELECT id FROM staged)
    UNION ALL
    SELECT fingerprint, article, spans FROM paragraphs
    WHERE skipped = 1 AND article NOT IN (SELECT id FROM staged);

-- Copies: see schema.sql.
CREATE TABLE wordings (
    wording BIGINT PRIMARY KEY,
    story BIGINT NOT NULL,
    signature BYTEA NOT NULL
);
CREATE INDEX wordings_by_story ON wordings (story);
CREATE TABLE article_wordings (article TEXT COLLATE "C" PRIMARY KEY, wording BIGINT NOT NULL);
CREATE INDEX article_wordings_by_wording ON article_wordings (wording);
CREATE TABLE bands (band BIGINT NOT NULL, wording BIGINT NOT NULL, PRIMARY KEY (band, wording));
CREATE TABLE crowded_bands (band BIGINT PRIMARY KEY);

CREATE TABLE pending (passage TEXT COLLATE "C" PRIMARY KEY);

-- The vectors by row: a scale and eight bits a value, as in the file of exact vectors.
CREATE TABLE vectors (row BIGINT PRIMARY KEY, encoded BYTEA NOT NULL);
ALTER TABLE vectors ALTER COLUMN encoded SET STORAGE PLAIN;

-- What other processes have to hear of: a number for every transaction that changed passages or
-- settings, and the last such number of every row.
CREATE TABLE change (number BIGINT NOT NULL, transaction XID8);
INSERT INTO change VALUES (0, NULL);
CREATE TABLE passage_changes (row BIGINT PRIMARY KEY, number BIGINT NOT NULL);
CREATE INDEX passage_changes_by_number ON passage_changes (number);

CREATE FUNCTION note_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE change SET number = number + 1, transaction = pg_current_xact_id()
        WHERE transaction IS DISTINCT FROM pg_current_xact_id();
    IF TG_TABLE_NAME = 'passages' THEN
        INSERT INTO passage_changes
            SELECT changed.row, change.number FROM changed, change
            ON CONFLICT (row) DO UPDATE SET number = excluded.number;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER passages_came AFTER INSERT ON passages
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_change();
CREATE TRIGGER passages_went AFTER DELETE ON passages
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_change();
CREATE TRIGGER settings_changed AFTER INSERT OR UPDATE OR DELETE ON meta
    FOR EACH STATEMENT EXECUTE FUNCTION note_change();

CREATE FUNCTION instr(text TEXT, wanted TEXT) RETURNS INTEGER
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE AS 'SELECT strpos(text, wanted)';
