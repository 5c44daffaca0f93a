"""How much is trained: the whole report, or a quick look at it."""

import os
from dataclasses import dataclass

VARIABLE = "PROFILE"


@dataclass(frozen=True)
class Profile:
    """The size of the experiments.

    `seeds` are the seeds of every comparison; a training of E epochs runs for E × `epoch_share` of them;
    at most `images` images of each split are used (None: all).
    """

    name: str
    seeds: tuple[int, ...]
    epoch_share: float
    images: int | None

    def epochs(self, full: int) -> int:
        """Return the epochs of a training that takes `full` of them in the report, at least four."""
        return max(min(full, 4), round(full * self.epoch_share))

    @property
    def is_quick(self) -> bool:
        """Whether the numbers are a first look only."""
        return self.name == "quick"

    @property
    def notice(self) -> str:
        """What a reader must be told first, in Markdown; nothing where all is trained in full."""
        if not self.is_quick:
            return ""
        return (
            "::: {.callout-warning}\n## A quick look\n\n"
            f"Every training is cut to {100 * self.epoch_share:g} % of its epochs and at most"
            f" {self.images:,} images, with {len(self.seeds)} seeds. The numbers show that the report works,"
            " not what the networks can do.\n:::"
        )


FULL = Profile("full", seeds=(0, 1, 2, 3, 4), epoch_share=1.0, images=None)
QUICK = Profile("quick", seeds=(0, 1, 2), epoch_share=0.05, images=1500)


def current() -> Profile:
    """Return the profile that the environment variable PROFILE names; `full` where it is not set.

    Raises:
        ValueError: it names neither `full` nor `quick`.
    """
    name = os.environ.get(VARIABLE) or FULL.name
    profiles = {profile.name: profile for profile in (FULL, QUICK)}
    if name not in profiles:
        raise ValueError(f"{VARIABLE}: expected 'full' or 'quick', found {name!r}")
    return profiles[name]
