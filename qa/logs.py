"""The log: lines for people, or one JSON object per line with the request id."""

import logging
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from qa.request_id import known_request_id

LogFormat = Literal["text", "json"]

_JSON_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
_NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}


class _RequestIdFilter(logging.Filter):
    """Adds the request id to every record made while a request is handled."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (known := known_request_id()) is not None and not hasattr(record, "request_id"):
            record.request_id = known
        return True


def log_handler(form: LogFormat, stream: TextIO | None = None) -> logging.Handler:
    """A handler that writes to `stream`, or to standard error.

    As text, it writes warnings and errors. As JSON, it also writes a line for every request.
    """
    handler = logging.StreamHandler(stream)
    handler.addFilter(_RequestIdFilter())
    if form == "json":
        handler.setFormatter(JsonFormatter(_JSON_FIELDS, rename_fields=_NAMES))
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.WARNING)
    return handler


def start_logging(form: LogFormat) -> None:
    """Send what the program and its libraries log to standard error."""
    logging.basicConfig(handlers=[log_handler(form)], level=logging.WARNING, force=True)
    logging.getLogger("qa").setLevel(logging.INFO)
