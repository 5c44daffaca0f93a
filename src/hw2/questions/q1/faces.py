"""The faces of question 1 as examples, and the recipe that all its autoencoders share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.data import datasets
from hw2.networks.batches import Corruption, Examples
from hw2.networks.optimisers import Adam
from hw2.profile import Profile
from hw2.training.schedules import Cosine
from hw2.training.settings import Settings

SIDE = 64
PIXELS = SIDE * SIDE
BATCH_SIZE = 64

Images = NDArray[np.float32]  # (N, 4096)


@dataclass(frozen=True, eq=False)
class Data:
    """Faces as they are, and less the mean of them all."""

    raw: Examples
    centred: Examples
    mean: Images  # (4096,)

    @property
    def images(self) -> Images:
        """The faces as they are (N, 4096), in [0, 1]."""
        return self.raw.inputs


def data(images: Images) -> Data:
    """Return examples of images (N, 4096); black, in centred examples, is minus the mean."""
    mean = images.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Data(Examples(images), Examples(images - mean, black=-mean), mean)


def load(profile: Profile) -> Data:
    """Load the faces of question 1, as many as the profile takes."""
    return data(datasets.load_faces().images[: profile.images])


def settings(units: int, learning_rate: float, epochs: int, corruption: Corruption | None = None) -> Settings:
    """Return the training of 4096-`units`-4096 by Adam, its rate falling to zero by half a cosine."""
    return Settings(
        widths=(PIXELS, units, PIXELS),
        learning_rate=learning_rate,
        epochs=epochs,
        loss="squared_error",
        optimiser=Adam(),
        schedule=Cosine(epochs),
        batch_size=BATCH_SIZE,
        corruption=corruption,
    )


def pictures(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return rows of 4096 pixels (…, 4096) as pictures (…, 64, 64)."""
    return rows.reshape(*rows.shape[:-1], SIDE, SIDE)
