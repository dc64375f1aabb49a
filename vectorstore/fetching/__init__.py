"""Articles from addresses: guarded requests, feeds and sitemaps. Reads pages with `readers`."""
