"""Feeds, sitemaps, pages and folders that are looked at again and again. Knows nothing of HTTP."""
