"""The source of truth, in SQLite: articles, passages, full-text index. Imports no framework."""
