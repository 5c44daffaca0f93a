"""The weights of fc1 as image files: `python -m hw2.questions.q1.weight_images`.

Each hidden unit at each stored epoch is a file of 64×64 pixels, `build/weights/n64/epoch-300/unit-07.png`.
The networks are those of the report; they train where they are not kept.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from matplotlib.image import imsave

from hw2 import profile as profiles
from hw2.data.course_files import PROJECT
from hw2.questions.q1 import autoencoders
from hw2.questions.q1.figures_weights import scaled
from hw2.training.probes import Snapshots
from hw2.training.results import Run

FOLDER = PROJECT / "build" / "weights"


def save(run: Run, folder: Path) -> Iterator[Path]:
    """Write a file for each hidden unit and stored epoch, and give out its path."""
    stored = run.probes[Snapshots.name]
    for epoch, values in zip(stored.epochs, stored.values, strict=True):
        place = folder / f"epoch-{epoch:03d}"
        place.mkdir(parents=True, exist_ok=True)
        for unit, picture in enumerate(scaled(values)):
            path = place / f"unit-{unit:02d}.png"
            imsave(path, picture, cmap="gray", vmin=0, vmax=1)
            yield path


def main() -> None:
    """Write the images of the first seed of both networks, and say where."""
    profile = profiles.current()
    for units, trained in autoencoders.networks(autoencoders.load(profile), profile).items():
        files = list(save(trained[0].run, FOLDER / f"n{units}"))
        sys.stdout.write(f"{len(files)} images: {FOLDER / f'n{units}'}\n")


if __name__ == "__main__":
    main()
