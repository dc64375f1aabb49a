"""Files that hold other files or messages: ZIP, TAR, WARC, MBOX, MHTML, mail."""
