"""Feeds, sitemaps, pages and folders that are looked at regularly. Knows nothing of HTTP."""
