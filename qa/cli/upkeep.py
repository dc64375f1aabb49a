"""The commands that keep an index safe: backup, restore and reindex."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli.options import Text, collection_option, data_option
from qa.cli.output import printable, repair_progress
from qa.cli.session import err, fail, open_for, out, say_waiting, settings_for
from qa.default_collection import DEFAULT_COLLECTION

if TYPE_CHECKING:
    from qa.settings import Settings

BESIDE = ("followed.json",)
IF_MISSING = ("keys.json",)
"""Files beside the catalog. Keys are restored only if there are none, so that keys revoked since
the backup stay revoked."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--without-vectors",
    is_flag=True,
    help="Leave the vectors out: a smaller file, but to restore it embeds every passage.",
)
@collection_option
@data_option
def backup(file: Path, without_vectors: bool, collection: str | None, data: Path | None) -> None:
    """Back the index up in one file, also while `qa serve` is running.

    It holds the articles and all that was made of them, what is followed, and the hashes of keys.
    An earlier backup in FILE is replaced once the new one is complete.
    """
    from vectorstore.backup import back_up

    settings = _settings_in_a_folder(collection, data)
    with err.status("Copying the index…"):
        made = back_up(
            settings.data, file, with_vectors=not without_vectors, beside=(*BESIDE, *IF_MISSING)
        )
    size = file.stat().st_size / 1_000_000
    out.print(
        printable(
            f"Backed up {made.articles:,} articles, {made.passages:,} passages"
            f"{'' if made.vectors else ' without vectors'}, to {file} ({size:,.1f} MB)."
        ),
        markup=False,
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Replace the articles that are in the index.")
@collection_option
@data_option
def restore(file: Path, replace: bool, collection: str | None, data: Path | None) -> None:
    """Restore the index from a file of `qa backup`, also while `qa serve` is running.

    The index is made whole beside the one that it replaces, and takes its place in the end: a
    service lets questions wait for that moment. If this is interrupted, the earlier one stays.
    """
    from qa.connect import take_in_restored
    from qa.storage_failures import told_as_sentences
    from vectorstore.backup import prepare_restore
    from vectorstore.embedding import embedder_for

    settings = _settings_in_a_folder(collection, data)
    with told_as_sentences(settings.data), repair_progress(err) as on_progress:
        restored = prepare_restore(
            file,
            settings.data,
            embedder_for(settings.embedding_model),
            replace=replace,
            beside=BESIDE,
            if_missing=IF_MISSING,
            on_progress=on_progress,
        )
    take_in_restored(settings_for(data=data), settings.data, say_waiting)
    out.print(
        f"Restored {restored.articles:,} articles, {restored.passages:,} passages, as they were "
        f"at {restored.made}."
    )


@click.command()
@click.option(
    "--model",
    required=True,
    type=Text(),
    help="The embedding model: a folder, or a name on the Hugging Face Hub.",
)
@collection_option
@data_option
def reindex(model: str, collection: str | None, data: Path | None) -> None:
    """Embed every passage with another model, and search with it from then on.

    It is made beside the vectors in use, and takes their place in the end. While `qa serve` is
    running, the service does it, and answers questions meanwhile. Interrupted, the model in use
    stays; run it again to go on.
    """
    settings = settings_for(data=data, collection=collection)
    model = str(Path(model).resolve()) if Path(model).is_dir() else model
    with (
        open_for(settings) as library,
        repair_progress(err) as on_progress,
    ):
        report = library.reindex(model, on_progress)
    done = f"Embedded {report.embedded:,} of {report.passages:,} passages with {report.model}."
    if settings.collection == DEFAULT_COLLECTION:
        done += f" From now on, set QA_EMBEDDING_MODEL={model}"
    out.print(printable(done), markup=False)
    others = _collections_of_the_services_model(settings)
    if settings.collection == DEFAULT_COLLECTION and others:
        err.print(
            printable(
                f"That is also the model of {', '.join(others)}. Embed each with it before you set "
                f"it: qa reindex --model {model} --collection NAME"
            ),
            markup=False,
        )


def _collections_of_the_services_model(settings: "Settings") -> list[str]:
    """The named collections that have no embedding model of their own."""
    from qa.collections.collection_folders import CollectionFolders

    return [
        each.name
        for each in CollectionFolders.of(settings).list()
        if each.name != DEFAULT_COLLECTION and each.embedding_model is None
    ]


def _settings_in_a_folder(collection: str | None, data: Path | None) -> "Settings":
    """The settings of the collection. Exits if its index is not in a folder."""
    from qa.connect import settings_of_collection

    settings = settings_of_collection(settings_for(data=data, collection=collection))
    if settings.database_url is not None:
        fail(
            "The index is in PostgreSQL (QA_DATABASE_URL): this command is for one in a folder. "
            "Back up the servers with their own tools, or copy the index into a folder first: "
            "qa move --to FOLDER."
        )
    return settings
