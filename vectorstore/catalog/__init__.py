"""The source of truth, in SQLite or PostgreSQL: articles, passages and postings. No framework."""
