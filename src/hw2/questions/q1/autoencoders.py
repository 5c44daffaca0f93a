"""Question 1: autoencoders 4096-n-4096 of faces, and everything that the chapter trains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from hw2.networks.batches import Examples
from hw2.profile import Profile
from hw2.questions.q1 import denoising, faces, learning_rate_sweep, restoration
from hw2.questions.q1.dead_units import ByUnits
from hw2.questions.q1.eigenfaces import Eigenfaces, eigenfaces
from hw2.questions.q1.faces import Data, load
from hw2.questions.q1.learned_codes import Code, codes_of
from hw2.statistics import Spread, spread
from hw2.training.experiments import Trained, final_weights, seeded, train
from hw2.training.probes import LiveUnits, Snapshots

__all__ = ["Data", "Headline", "headline", "load", "runs"]

UNITS = (16, 64)
EPOCHS = 200
SEARCH_EPOCHS = 40
TOLERANCE = 0.15  # of the lowest median loss in the search
RATES = learning_rate_sweep.log_spaced(1e-5, per_decade=2, count=8)
ZEROED_SHARE = 0.5  # of the pixels, in the headline
STORED = (0, 5, 20, 50, 200)  # epochs after which fc1's weights are stored; 0 is the random initialisation


@dataclass(frozen=True, eq=False)
class Search:
    """Short runs at log-spaced learning rates, by hidden units."""

    centred: ByUnits
    raw: ByUnits


@cache
def search(data: Data, profile: Profile) -> Search:
    """Train short runs on centred faces and, all else the same, on raw pixels; count live units."""
    return Search(
        centred={units: tried(units, data.centred, profile) for units in UNITS},
        raw={units: tried(units, data.raw, profile) for units in UNITS},
    )


def tried(units: int, examples: Examples, profile: Profile) -> tuple[Trained, ...]:
    """Train a short run for each rate and seed."""
    recipe = faces.settings(units, RATES[0], profile.epochs(SEARCH_EPOCHS))
    members = learning_rate_sweep.members(recipe, RATES, search_seeds(units, profile))
    return train(members, examples, probes=(LiveUnits(examples.inputs),))


def search_seeds(units: int, profile: Profile) -> tuple[int, ...]:
    """Return the seeds of the search: three for the small network, which costs little."""
    return profile.seeds[: 3 if units == min(UNITS) and not profile.is_quick else 1]


def summaries(searched: ByUnits) -> dict[int, learning_rate_sweep.Sweep]:
    """Summarise the search for each number of units."""
    return {
        units: learning_rate_sweep.summary([each.run for each in group]) for units, group in searched.items()
    }


def rates(data: Data, profile: Profile) -> dict[int, float]:
    """Return the learning rate that the search gives for each number of units."""
    searched = summaries(search(data, profile).centred)
    return {units: sweep.choice(TOLERANCE) for units, sweep in searched.items()}


def networks(data: Data, profile: Profile) -> dict[int, tuple[Trained, ...]]:
    """Train on centred faces at the rates that were found, and store fc1's weights on the way."""
    epochs = profile.epochs(EPOCHS)
    stored = sorted({round(epoch * epochs / EPOCHS) for epoch in STORED})
    probes = (Snapshots(tuple(stored)), LiveUnits(data.centred.inputs, every=max(1, epochs // 30)))
    return {
        units: train(seeded(faces.settings(units, rate, epochs), profile.seeds), data.centred, probes=probes)
        for units, rate in rates(data, profile).items()
    }


def raw_networks(data: Data, profile: Profile) -> dict[int, tuple[Trained, ...]]:
    """Train on raw pixels, all else the same, with the first seed alone: these networks are a warning."""
    epochs = profile.epochs(EPOCHS)
    probes = (LiveUnits(data.raw.inputs, every=max(1, epochs // 30)),)
    return {
        units: train(seeded(faces.settings(units, rate, epochs), profile.seeds[:1]), data.raw, probes=probes)
        for units, rate in rates(data, profile).items()
    }


def denoisers(data: Data, profile: Profile) -> denoising.Networks:
    """Train the networks of 1.3 fold by fold, with as many updates as those of 1.1."""
    units = max(UNITS)
    updates = EPOCHS * denoising.steps(len(data.images))
    return denoising.networks(
        denoising.split(data.images), units, rates(data, profile)[units], updates, profile
    )


def folds(trained: denoising.Networks) -> tuple[restoration.Fold, ...]:
    """Return the folds of 1.3 with what was learned in each."""
    return tuple(
        restoration.Fold(parts, learned, eigenfaces(parts.train.images))
        for parts, learned in zip(trained.parts, trained.weights, strict=True)
    )


def runs(data: Data, profile: Profile) -> tuple[Trained, ...]:
    """Return every training of question 1."""
    searched = search(data, profile)
    full_length = (networks(data, profile), raw_networks(data, profile))
    groups = (searched.centred, searched.raw, *full_length)
    by_units = (each for group in groups for trained in group.values() for each in trained)
    return (*by_units, *denoisers(data, profile).all)


def codes(trained: Sequence[Trained], data: Data, eigen: Eigenfaces) -> tuple[Code, ...]:
    """Look at the networks that have not diverged."""
    return codes_of(final_weights(trained), data.centred.inputs, eigen)


@dataclass(frozen=True)
class Health:
    """How many networks ended with every unit live, with dead units, and with no number for a loss."""

    whole: int
    with_dead_units: int
    diverged: int


def health(trained: ByUnits) -> Health:
    """Count what became of networks that a `LiveUnits` probe watched."""
    everyone = [each.run for group in trained.values() for each in group]
    diverged = sum(run.diverged for run in everyone)
    lost = sum(not run.diverged and learning_rate_sweep.live_share(run) < 1 for run in everyone)
    return Health(len(everyone) - diverged - lost, lost, diverged)


@dataclass(frozen=True)
class Headline:
    """The result of question 1 in a few numbers, over the seeds."""

    over_pca: Mapping[int, Spread]  # mean squared error over PCA's with as many components, by units
    live: Mapping[int, Spread]  # hidden units that are positive for at least one face
    live_on_raw: Mapping[int, Spread]  # the same when trained on raw pixels, all else the same
    zeroed_share: float  # of the pixels of new people; the four below are their PSNR in dB
    corrupted: float
    mean_face: float
    restored: Spread  # by the largest network, trained on clean faces
    denoised: Spread  # by the same, trained to restore missing pixels; the known ones are kept


def headline(data: Data, profile: Profile) -> Headline:
    """Summarise question 1 from what its chapter has trained."""
    eigen = eigenfaces(data.images)
    looks = {units: codes(trained, data, eigen) for units, trained in networks(data, profile).items()}
    raw = raw_networks(data, profile)
    errors = {units: [look.error for look in group] for units, group in looks.items()}
    restored = restoration.results(folds(denoisers(data, profile)))
    zeroed, filled = restored.zeroed, restored.filled
    return Headline(
        over_pca={n: spread([value / eigen.error(n) for value in values]) for n, values in errors.items()},
        live={units: spread([look.live for look in group]) for units, group in looks.items()},
        live_on_raw={
            n: spread([n * learning_rate_sweep.live_share(each.run) for each in raw[n]]) for n in raw
        },
        zeroed_share=ZEROED_SHARE,
        corrupted=zeroed.over_people(restoration.INPUT, ZEROED_SHARE).mean,
        mean_face=zeroed.over_people(restoration.MEAN, ZEROED_SHARE).mean,
        restored=zeroed.over_people(restoration.NETWORK, ZEROED_SHARE),
        denoised=filled.over_people(restoration.TRAINED_KEPT, ZEROED_SHARE),
    )
