"""`make data`: which data each question runs on; `make data SOURCE=public` fetches public images first."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tabulate import tabulate

from hw2.data import datasets
from hw2.data import folder as data_folder
from hw2.data.course_files import DataError, shown
from hw2.data.datasets import Provenance

LOADERS = (datasets.load_faces, datasets.load_classification, datasets.load_mislabelled)


def main(arguments: Sequence[str] | None = None, folder: Path = data_folder.DATA) -> int:
    """Run the command on a folder; return its exit code."""
    parser = argparse.ArgumentParser(prog="make data", description="Say which data each question runs on.")
    parser.add_argument("source", nargs="?", choices=["public"], help="fetch public images first")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.source == "public":
            _say(*fetch_public(folder))
    except DataError as error:
        _say(f"error: {error}")
        return 1
    return report(folder)


def fetch_public(folder: Path) -> Iterator[str]:
    """Fetch public images into the folder; say in a line a file what was done.

    Raises:
        DataError: They cannot be fetched or written.
    """
    from hw2.data import public_datasets  # noqa: PLC0415 - pooch is needed here alone

    source = public_datasets.downloads()
    for batch in (public_datasets.faces_batch(source), *public_datasets.garment_batches(source)):
        yield from data_folder.place(batch, folder)


def report(folder: Path) -> int:
    """Say what each question runs on and what is wrong; return 1 if anything is."""
    found: list[Provenance] = []
    errors: list[str] = []
    for load in LOADERS:
        try:
            found.append(load(folder).provenance)
        except DataError as error:
            errors.append(str(error))
    _say(table(found))
    _say(*(f"not used: {shown(folder / name)}" for name in data_folder.unused(folder)))
    _say(*(f"error: {error}" for error in errors))
    return 1 if errors else 0


def table(provenances: Sequence[Provenance]) -> str:
    """Return a plain table of what each question runs on."""
    rows = [
        (
            provenance.question,
            provenance.file,
            "absent: the built-in stand-in" if provenance.kind == "stand-in" else provenance.kind,
            provenance.images,
            provenance.sha256[:12],
        )
        for provenance in provenances
    ]
    headers = ["question", "file", "data", "images", "SHA-256"]
    return tabulate(rows, headers=headers, maxcolwidths=[None, None, None, 28, None])


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
