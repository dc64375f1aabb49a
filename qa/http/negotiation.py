"""Whether a request comes from a browser that wants an HTML page."""

from starlette.datastructures import Headers


def wants_page(headers: Headers) -> bool:
    """Whether `Accept` names HTML and does not prefer JSON to it.

    >>> wants_page(Headers({"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}))
    True
    >>> wants_page(Headers({"accept": "*/*"})), wants_page(Headers({}))
    (False, False)
    """
    accepted = [_weighed(each) for each in headers.get("accept", "").split(",")]
    html = max((weight for name, weight in accepted if name == "text/html"), default=0.0)
    json = max((weight for name, weight in accepted if name == "application/json"), default=0.0)
    return html > 0 and html >= json


def _weighed(entry: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in entry.split(";"))
    for each in parameters:
        if each.startswith("q="):
            try:
                return name, float(each[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0
