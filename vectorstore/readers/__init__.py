"""Files to articles: one reader a format, and whatever cannot be read named with its reason.

read_articles(paths)       the articles of files and folders, as a stream
count_candidates(paths)    how many files that will be
parse_upload(name, data)   the articles of one file that was sent
parse_record(value)        the article that one JSON object is
SUFFIXES                   the formats known
"""

from vectorstore.readers.article_reader import (
    MAX_BYTES,
    SUFFIXES,
    count_candidates,
    parse_record,
    parse_upload,
    read_articles,
)
from vectorstore.readers.parsed_article import Unreadable
from vectorstore.readers.publication_date import parse_published

__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "Unreadable",
    "count_candidates",
    "parse_published",
    "parse_record",
    "parse_upload",
    "read_articles",
]
