"""Question 1 in small: what is trained, and what is counted."""

from dataclasses import replace

import numpy as np
import pytest

from hw2.profile import QUICK, Profile
from hw2.questions.q1 import autoencoders, dead_units, denoising, faces, learned_codes
from hw2.questions.q1.autoencoders import Health, Search
from hw2.questions.q1.eigenfaces import eigenfaces
from hw2.questions.q1.faces import Data
from hw2.questions.q1.learning_rate_sweep import Sweep
from hw2.training.experiments import Trained
from weaver.cache import bypass

PROFILE: Profile = replace(QUICK, seeds=(0, 1), epoch_share=0.01)
SMALL, LARGE = autoencoders.UNITS

ByUnits = dict[int, tuple[Trained, ...]]


@pytest.fixture(scope="module")
def data() -> Data:
    """Eighty faces of eight people, each a random picture in changing light."""
    generator = np.random.default_rng(0)
    person, light = generator.random((8, 1, faces.PIXELS)), generator.random((8, 10, 1))
    grain = generator.random((8, 10, faces.PIXELS))
    mixed = (0.4 + 0.3 * person + 0.2 * light * person + 0.02 * grain).reshape(80, faces.PIXELS)
    return faces.data(mixed.astype(np.float32))


@pytest.fixture(scope="module")
def search(data: Data) -> Search:
    """Short trainings on both inputs."""
    with bypass():
        return autoencoders.search(data, PROFILE)


@pytest.fixture(scope="module")
def networks(data: Data) -> ByUnits:
    """The networks of 1.1 at full length."""
    with bypass():
        return autoencoders.networks(data, PROFILE)


def test_centred_faces_average_zero_and_black_is_minus_the_mean(data: Data) -> None:
    """A zeroed pixel of a face, less the mean, is what `black` says."""
    np.testing.assert_allclose(data.centred.inputs.mean(axis=0), 0, atol=1e-6)
    assert data.centred.black is not None
    np.testing.assert_allclose(data.centred.black, -data.images.mean(axis=0), atol=1e-6)
    assert data.raw.black is None


def test_both_inputs_are_tried_at_the_same_rates(search: Search) -> None:
    """Raw pixels must not fail because less was tried on them."""
    for searched in (search.centred, search.raw):
        for group in searched.values():
            assert [each.run.settings.learning_rate for each in group] == list(autoencoders.RATES)
    assert max(autoencoders.RATES) / min(autoencoders.RATES) > 1000


def test_a_rate_is_found_among_those_tried(data: Data, search: Search) -> None:
    """The rule is applied to the centred trainings of each network."""
    found = autoencoders.summaries(search.centred)
    with bypass():
        rates = autoencoders.rates(data, PROFILE)
    assert rates == {units: sweep.choice(autoencoders.TOLERANCE) for units, sweep in found.items()}


def test_raw_pixels_kill_units_and_centred_faces_do_not(search: Search) -> None:
    """The trap: at the same rate and seed all units live on one input and die on the other."""
    centred, raw = autoencoders.summaries(search.centred), autoencoders.summaries(search.raw)
    for units in autoencoders.UNITS:
        at = centred[units].rates.tolist().index(1e-3)
        assert centred[units].live[at].min() == 1
        assert raw[units].live[at].max() < 0.2


def test_a_unit_with_positive_bias_cannot_be_dead_on_centred_faces(data: Data, networks: ByUnits) -> None:
    """What a unit receives averages to its bias: the argument of the chapter, on trained weights."""
    weights = networks[SMALL][0].run.final
    received = learned_codes.sums(weights, data.centred.inputs)
    np.testing.assert_allclose(received.mean(axis=0), weights["fc1.bias"], atol=1e-4)


def test_weights_are_stored_from_the_initialisation_to_the_end(networks: ByUnits) -> None:
    """Epoch 0 is the random initialisation, the last picture the weights that the network ends with."""
    run = networks[LARGE][0].run
    stored = run.probes["weights"]
    assert stored.epochs[0] == 0
    assert stored.epochs[-1] == run.epochs
    assert np.abs(stored.values[0]).max() <= 1 / 64
    np.testing.assert_array_equal(stored.values[-1], run.final["fc1.weight"])


def test_no_network_beats_pca(data: Data, networks: ByUnits) -> None:
    """PCA's error is a lower bound for any encoder before a linear decoder."""
    eigen = eigenfaces(data.images)
    for look in autoencoders.codes(networks[SMALL], data, eigen):
        assert look.error >= look.span_error >= eigen.error(SMALL) - 1e-9


def test_health_counts_dead_and_diverged_networks(networks: ByUnits) -> None:
    """A damaged network is never passed over in silence."""
    assert autoencoders.health(networks) == Health(whole=4, with_dead_units=0, diverged=0)
    first = networks[SMALL][0]
    lost = replace(first, run=replace(first.run, ending="diverged"))
    assert autoencoders.health({SMALL: (first, lost)}) == Health(1, 0, 1)


def test_every_training_is_counted_and_the_headline_follows(data: Data) -> None:
    """What the carbon footprint sums over is the search, both inputs, and the networks of 1.3."""
    with bypass():
        runs = autoencoders.runs(data, PROFILE)
        headline = autoencoders.headline(data, PROFILE)
    search, seeds = 2 * 2 * 8, len(PROFILE.seeds)
    assert len(runs) == search + 2 * seeds + 2 + 3 * denoising.FOLDS
    assert headline.mean_face > headline.corrupted
    assert headline.over_pca[SMALL].mean >= 1
    assert headline.live_on_raw[SMALL].mean <= headline.live[SMALL].mean


def test_the_best_training_of_a_search_is_told() -> None:
    """The table names its rate, its loss over the variance and its live units; a lost one is not the best."""
    losses, live = np.array([[np.nan], [0.5], [0.8]]), np.array([[1.0], [0.5], [1.0]])
    sweep = Sweep(np.array([0.1, 0.2, 0.3]), losses, live)
    found = dead_units.rows({16: sweep}, {16: replace(sweep, losses=np.full((3, 1), np.nan))}, 0.25)
    assert found == [
        ("16", "raw", "3 rates × 1 seed", "–", "diverged", "–"),
        ("16", "centred", "3 rates × 1 seed", "0.2", "2.00", "8 of 16"),
    ]
    assert dead_units.lowest({16: sweep}, 0.25) == 2


def test_steps_to_cross_is_the_first_steps_of_adam() -> None:
    """A unit that receives 1 from an image of ten pixels of 1 crosses zero in one step of a rate of 0.1."""
    initial, mean = np.full((1, 10), 0.1, np.float32), np.ones(10, np.float32)
    assert dead_units.steps_to_cross(initial, mean, 0.1) == pytest.approx(1)
    assert dead_units.steps_to_cross(initial, mean, 0.05) == pytest.approx(2)


def test_the_mean_takes_most_of_images_that_are_all_alike() -> None:
    """Its share of the squared length is all of it for equal images, none for images that cancel."""
    equal = np.ones((4, 5), np.float32)
    assert dead_units.mean_share(equal, equal[0]) == pytest.approx(1)
    assert dead_units.mean_share(np.stack([equal[0], -equal[0]]), np.zeros(5, np.float32)) == 0


def test_a_pattern_is_what_goes_with_a_units_input() -> None:
    """A unit may weigh a pixel that never changes; its pattern does not show it."""
    generator = np.random.default_rng(0)
    inputs = np.zeros((50, 3), np.float32)
    inputs[:, 0] = generator.standard_normal(50)
    inputs -= inputs.mean(axis=0)
    weights = {"fc1.weight": np.array([[1.0, 5.0, -5.0]], np.float32), "fc1.bias": np.zeros(1, np.float32)}
    pattern = learned_codes.patterns(weights, inputs)
    np.testing.assert_allclose(pattern, [[inputs[:, 0].std(), 0, 0]], atol=1e-5)


def test_the_part_outside_of_the_span_is_told_apart() -> None:
    """Weights that change in the span of the faces alone keep all of their grain."""
    generator = np.random.default_rng(0)
    images = generator.random((6, 40), dtype=np.float32)
    eigen = eigenfaces(images)
    first = generator.standard_normal((3, 40)).astype(np.float32)
    within = generator.standard_normal((3, len(eigen.components))).astype(np.float32) @ eigen.components
    np.testing.assert_allclose(learned_codes.inside(within, eigen), within, atol=1e-5)
    assert learned_codes.kept_of_grain(first, first + within, eigen) == pytest.approx(1, abs=1e-5)
    assert abs(learned_codes.kept_of_grain(first, first[::-1], eigen)) < 0.9


def test_a_decoder_of_eigenfaces_overlaps_them_wholly() -> None:
    """Overlap and nearest cosine are 1, and units of a large bias count as nearly linear."""
    images = np.random.default_rng(0).random((20, 40), dtype=np.float32)
    eigen = eigenfaces(images)
    columns = eigen.components[:2]
    weights = {
        "fc1.weight": columns,
        "fc1.bias": np.full(2, 100, np.float32),
        "fc2.weight": np.stack([columns[0], columns[0] + columns[1]], axis=1),
        "fc2.bias": np.zeros(40, np.float32),
    }
    look = learned_codes.code(weights, images - eigen.mean, eigen)
    assert look.overlap == pytest.approx(1, abs=1e-4)
    assert look.nearest == pytest.approx(1, abs=1e-4)
    assert look.opposed == pytest.approx(np.sqrt(0.5), abs=1e-4)
    assert look.nearly_linear == 2
