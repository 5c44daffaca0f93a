"""Question 1 in small: what is trained, what is counted, and the words that follow from it."""

from dataclasses import replace

import numpy as np
import pytest

from hw2.profile import FULL, QUICK, Profile
from hw2.questions.q1 import (
    autoencoders,
    dead_units,
    denoising,
    faces,
    learned_codes,
    learning_rate_sweep,
    restoration,
)
from hw2.questions.q1.autoencoders import Search
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


def test_full_search_is_fine_for_one_network_and_covers_what_is_looked_at() -> None:
    """24 rates × 3 seeds; the rates of the table are in every search, on raw pixels too."""
    plans = autoencoders.plans(FULL)
    assert len(plans[SMALL].rates) == 24
    assert len(plans[SMALL].seeds) == 3
    for plan in (*plans.values(), *autoencoders.plans(QUICK).values(), autoencoders.coarse_plan((0,))):
        assert set(dead_units.RATES) <= set(plan.rates)


def test_a_rate_is_found_among_those_tried(data: Data, search: Search) -> None:
    """The rule is applied to the centred trainings of each network."""
    found = autoencoders.summaries(search.centred)
    with bypass():
        rates = autoencoders.rates(data, PROFILE)
    assert rates == {units: sweep.choice(autoencoders.TOLERANCE) for units, sweep in found.items()}


def test_raw_pixels_kill_units_and_centred_faces_do_not(search: Search) -> None:
    """The trap: at the same rate and seed all units live on one input and die on the other."""
    for units in autoencoders.UNITS:
        (centred,) = dead_units.at_rate(search.centred[units], 1e-3)
        (raw,) = dead_units.at_rate(search.raw[units], 1e-3)
        assert learning_rate_sweep.live_share(centred) == 1
        assert learning_rate_sweep.live_share(raw) < 0.2


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


def test_health_names_dead_and_diverged_networks(networks: ByUnits) -> None:
    """A damaged network is never passed over in silence."""
    assert autoencoders.health(networks) == "Of the 4 networks, 4 end with every hidden unit live."
    first = networks[SMALL][0]
    lost = replace(first, run=replace(first.run, ending="diverged"))
    words = autoencoders.health({SMALL: (first, lost)})
    assert words == (
        "Of the 2 networks, 1 end with every hidden unit live, 1 diverged and are left out of every mean."
    )


def test_every_training_is_counted_and_the_headline_follows(data: Data) -> None:
    """What the carbon footprint sums over is the search, both inputs, and the networks of 1.3."""
    with bypass():
        runs = autoencoders.runs(data, PROFILE)
        headline = autoencoders.headline(data, PROFILE)
    search, seeds = 2 * 2 * 8, len(PROFILE.seeds)
    assert len(runs) == search + 2 * seeds + 2 + 5 * seeds
    assert headline.over_pca[SMALL].mean >= 1
    assert headline.live_on_raw[SMALL].mean <= headline.live[SMALL].mean


def test_denoisers_differ_in_what_a_missing_pixel_is(data: Data) -> None:
    """One network sees black pixels, the other the mean face's in their place."""
    parts = denoising.split(data.images)
    rates = {SMALL: 1e-3}
    with bypass():
        trained = denoising.networks(parts, rates, PROFILE)
    assert trained.zeros[0].run.settings == trained.filled[0].run.settings
    assert trained.zeros[0].run.history.train_loss[0] != trained.filled[0].run.history.train_loss[0]
    assert len(trained.all) == 4 * len(PROFILE.seeds)


def test_every_method_restores_pictures(data: Data) -> None:
    """All methods give an image for an image, at every level and for every seed."""
    parts = denoising.split(data.images)
    with bypass():
        trained = denoising.networks(parts, {SMALL: 1e-3}, PROFILE)
    bench = restoration.bench(parts, trained.weights, eigenfaces(parts.train.images))
    for methods in (bench.zeroed, bench.filled):
        scores = restoration.scores(methods, parts.held_out, restoration.zeroed, (0.3, 0.6))
        shapes = {name: values.shape[1:] for name, values in scores.psnr.items()}
        assert set(shapes.values()) == {(2, len(parts.held_out))}
    assert len(bench.zeroed[restoration.DENOISER]) == len(PROFILE.seeds)


def test_results_are_read_as_they_were_computed(data: Data) -> None:
    """Every task's scores come back from the cache, the methods in the order of their curves."""
    parts = denoising.split(data.images)
    with bypass():
        networks = denoising.networks(parts, {SMALL: 1e-3}, PROFILE).weights
        computed = restoration.results(parts, networks, eigenfaces(parts.train.images))
    for _ in range(2):
        kept = restoration.results(parts, networks, eigenfaces(parts.train.images))
        for task in ("zeroed", "filled", "noisy"):
            one, other = getattr(computed, task), getattr(kept, task)
            assert one.levels == other.levels
            assert list(one.psnr) == list(other.psnr)
            assert all(np.array_equal(one.psnr[name], other.psnr[name]) for name in one.psnr)


def test_diverged_networks_restore_nothing(data: Data) -> None:
    """Their weights are numbers no longer, and would spoil every mean."""
    with bypass():
        trained = denoising.networks(denoising.split(data.images), {SMALL: 1e-3}, PROFILE)
    sound, lost = trained.zeros
    lost = replace(lost, run=replace(lost.run, ending="diverged"))
    (weights,) = replace(trained, zeros=(sound, lost)).weights.zeros
    assert weights is sound.run.final


def test_the_verdict_on_raw_pixels_follows_the_losses() -> None:
    """No sentence says that no rate works where one does."""
    rates, live = np.array([0.1, 0.2]), np.ones((2, 1))
    bad, good = (Sweep(rates, np.array([[losses], [3.0]]), live) for losses in (2.0, 0.5))
    assert "no rate works: the lowest loss of all is 2.00 times (n = 16)" in dead_units.verdict(
        {16: bad}, 1.0
    )
    assert "hardly any rate works" in dead_units.verdict({16: good}, 1.0)


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
