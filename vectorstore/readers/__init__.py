"""Files to articles: one reader per format; what cannot be read is reported with its reason.

read_articles(paths)       the articles of files and folders, as a stream
count_candidates(paths)    how many files that will be
parse_upload(name, data)   the articles of one uploaded file
parse_record(value)        the article in one JSON object
SUFFIXES                   the supported formats
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
