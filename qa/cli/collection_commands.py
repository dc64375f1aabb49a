"""`qa collections`: the commands that add, list, rename and remove collections."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from qa.cli.options import Text, data_option, json_option
from qa.cli.output import printable, show_collections, show_json
from qa.cli.session import fail, out, settings_for


@click.group()
def collections() -> None:
    """Add, list, rename and remove collections.

    Each has its own articles and answers. The default one is always there. --collection, or
    QA_COLLECTION, names the one that a command works on.
    """


@collections.command(name="list")
@json_option
@data_option
def list_collections(as_json: bool, data: Path | None) -> None:
    """List the collections, the default one first."""
    from qa.connect import open_collections
    from qa.schemas import CollectionList

    with open_collections(settings_for(data=data)) as there:
        found = there.list()
    if as_json:
        show_json(CollectionList(found))
    else:
        show_collections(out, found)


@collections.command(name="add")
@click.argument("name", type=Text())
@click.option("--description", type=Text(), default="", help="What it holds, in a sentence.")
@click.option(
    "--embedding-model",
    type=Text(),
    help="A folder or a name on the hub.  [default: QA_EMBEDDING_MODEL]",
)
@click.option(
    "--no-chat-model", is_flag=True, help="Never send its articles and questions to QA_MODEL."
)
@data_option
def add_collection(
    name: str,
    description: str,
    embedding_model: str | None,
    no_chat_model: bool,
    data: Path | None,
) -> None:
    """Add a collection: letters a to z, digits and hyphens."""
    from qa.connect import open_collections
    from qa.schemas import CollectionInfo

    info = CollectionInfo(name, description, embedding_model, chat_model=not no_chat_model)
    with open_collections(settings_for(data=data)) as there:
        there.add(info)
    out.print(f"Added. Now give it articles: qa ingest --collection {name} PATH", markup=False)


@collections.command(name="rename")
@click.argument("name", type=Text())
@click.argument("new_name", type=Text())
@data_option
def rename_collection(name: str, new_name: str, data: Path | None) -> None:
    """Give a collection another name. Its keys follow it."""
    from qa.collections.collection_name import NoSuchCollection
    from qa.connect import open_collections

    with open_collections(settings_for(data=data)) as there:
        known = {each.name: each for each in there.list()}
        if name not in known:
            raise NoSuchCollection(name, list(known))
        there.change(name, replace(known[name], name=new_name))
    out.print(f"{name} is now {new_name}.", markup=False)


@collections.command(name="remove")
@click.argument("name", type=Text())
@click.option("--yes", is_flag=True, help="Do not ask whether to.")
@data_option
def remove_collection(name: str, yes: bool, data: Path | None) -> None:
    """Remove a collection with all of its articles."""
    from qa.connect import open_collections

    question = f"Remove {name} with all of its articles?"
    if not (yes or (sys.stdin.isatty() and click.confirm(printable(question)))):
        fail("Nothing was removed. Add --yes to remove it without being asked.")
    with open_collections(settings_for(data=data)) as there:
        there.remove(name)
    out.print(f"Removed {name}.", markup=False)
