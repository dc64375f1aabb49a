"""Files to articles: one reader per format; what cannot be read is reported with its reason.

read_articles(paths)       the articles in files and folders, as a stream
count_candidates(paths)    how many files that will open or report
parse_upload(name, data)   the articles in one uploaded file
parse_fetched(url, ...)    the articles in data fetched from an address
parse_record(value)        the article in one JSON object
SUFFIXES                   the supported formats
"""

from vectorstore.readers.article_reader import (
    LONGEST_ID,
    MAX_BYTES,
    SUFFIXES,
    count_candidates,
    parse_fetched,
    parse_record,
    parse_upload,
    read_articles,
)
from vectorstore.readers.parsed_article import Unreadable
from vectorstore.readers.publication_date import parse_published

__all__ = [
    "LONGEST_ID",
    "MAX_BYTES",
    "SUFFIXES",
    "Unreadable",
    "count_candidates",
    "parse_fetched",
    "parse_published",
    "parse_record",
    "parse_upload",
    "read_articles",
]
