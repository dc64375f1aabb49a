"""`qa mcp`: the collection as Model Context Protocol tools, over standard input and output."""

from importlib.util import find_spec
from pathlib import Path

import click

from qa.cli.options import collection_option, data_option
from qa.cli.session import fail, open_for, settings_for


@click.command()
@collection_option
@data_option
def mcp(collection: str | None, data: Path | None) -> None:
    """Serve the articles to an assistant, as tools of the Model Context Protocol.

    It speaks over standard input and output; the assistant starts it. While `qa serve` runs, it
    asks that service, which also has the tools itself, at /mcp.
    """
    if find_spec("mcp") is None:
        fail("qa mcp needs an optional package: pip install 'article-qa[mcp]'.")
    import anyio

    from qa.mcp_server import DeskOfOne, make_mcp_server

    with open_for(settings_for(data=data, collection=collection)) as library:
        anyio.run(make_mcp_server(DeskOfOne(library)).run_stdio_async)
