"""The source of truth, in SQLite or PostgreSQL: articles, passages, full-text index. Imports no framework."""
