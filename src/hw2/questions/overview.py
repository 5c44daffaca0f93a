"""The report as a whole: what it ran on, everything it trained, the code behind it."""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Any

from hw2.data.datasets import Provenance
from hw2.profile import Profile
from hw2.questions.q1 import autoencoders
from hw2.questions.q2_q3 import perceptrons, rate_drops
from hw2.questions.q4 import label_noise, networks
from hw2.statistics import Primary
from hw2.training import energy
from hw2.training.experiments import Trained


def data_rows(provenances: Sequence[Provenance]) -> list[tuple[str, ...]]:
    """Return the rows of a table: question, which data, how many images, SHA-256 in two halves."""
    return [
        (
            each.question,
            each.kind if each.kind == "stand-in" else f"{each.kind} {each.file}",
            each.images,
            f"`{each.sha256[:32]}` `{each.sha256[32:]}`",
        )
        for each in provenances
    ]


def trainings(
    faces: autoencoders.Data, images: perceptrons.Images, doubtful: label_noise.Data, profile: Profile
) -> dict[str, tuple[Trained, ...]]:
    """Return every network of the report by question; all of them are in the cache once the chapters ran."""
    return {
        "1": autoencoders.runs(faces, profile),
        "2": rate_drops.networks(images, profile),
        "3": (
            *perceptrons.networks(perceptrons.DEEP, images, profile),
            *perceptrons.networks(perceptrons.WIDE_DEEP, images, profile),
        ),
        "4": networks.runs(doubtful, profile),
    }


def primary_rows(claims: Mapping[str, Sequence[Primary]]) -> list[tuple[str, ...]]:
    """Return the rows of a table: question, primary claim, difference, Holm's p value, what it shows."""
    return [
        (question, claim.what, f"{claim.cell} {claim.unit}", _p_value(claim.p), claim.fact.outcome)
        for question, group in claims.items()
        for claim in group
    ]


def _p_value(p: float) -> str:
    """Write a p value with two digits that mean something; of one that is not known, a dash."""
    return "–" if isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def energy_rows(trained: Mapping[str, Sequence[Trained]]) -> list[tuple[str, ...]]:
    """Return the rows of a table: question, networks, time, energy, CO₂eq, and their sums."""
    everything = [each for runs in trained.values() for each in runs]
    return [_energy_row(name, runs) for name, runs in {**trained, "all": everything}.items()]


def _energy_row(name: str, runs: Sequence[Trained]) -> tuple[str, ...]:
    footprint = energy.total(each.footprint for each in runs)
    return (
        name,
        str(len(runs)),
        f"{footprint.duration_s:.0f} s",
        f"{1000 * footprint.energy_kwh:.2f} Wh",
        f"{footprint.co2eq_g:.2f} g",
    )


def listing(*functions: Callable[..., Any]) -> str:
    """Return the source of functions as one Markdown code block."""
    sources = (textwrap.dedent(inspect.getsource(function)).rstrip() for function in functions)
    return "```python\n" + "\n\n\n".join(sources) + "\n```"
