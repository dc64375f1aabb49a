"""The source of truth: articles, passages, full text; in SQLite or PostgreSQL. No framework."""
