-- Migrates layout 3, which did not know where the pages of an article begin.
ALTER TABLE articles ADD COLUMN pages TEXT NOT NULL DEFAULT '[]';
ALTER TABLE staged ADD COLUMN pages TEXT NOT NULL DEFAULT '[]';
