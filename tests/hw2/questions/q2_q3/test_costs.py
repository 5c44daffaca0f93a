"""What the networks cost: parameters, energy, carbon."""

import pytest

from hw2.networks.stacked_mlp import parameter_count
from hw2.questions.q2_q3 import costs, perceptrons
from hw2.training.carbontracker_log import Logged
from hw2.training.energy import Footprint
from hw2.training.experiments import Trained

FOOTPRINT = Footprint(1.0, 0.002, 0.0, 0.003, 1.2, ("a processor",), ("world",))


def test_formula_and_trained_model_agree(fixed: tuple[Trained, ...]) -> None:
    """The table of 3.3 checks the formula against the model."""
    assert costs.counted(fixed[0].run.final) == perceptrons.count(perceptrons.SHALLOW)


def test_each_layer_has_its_row() -> None:
    """A network with fewer layers has a dash, and sums stand below the layers."""
    counts = [parameter_count(each) for each in (perceptrons.SHALLOW, perceptrons.DEEP)]
    rows = costs.parameter_rows(counts, [25_450, 29_642])
    assert rows[0] == ("fc1", "784·32 + 32 = 25,120", "784·32 + 32 = 25,120")
    assert rows[2][1] == "–"
    assert rows[-1] == ("counted in the model", "25,450", "29,642")


def test_footprints_stand_side_by_side() -> None:
    """Each quantity has a value for each footprint, and says what it rests on."""
    rows = costs.footprint_rows(FOOTPRINT, FOOTPRINT.share(2))
    assert rows[2] == ("energy", "3.000 Wh", "6.000 Wh", "time × power × PUE")


def test_the_same_energy_has_another_footprint_on_each_grid() -> None:
    """Grids stand from the cleanest on, and differ more than tenfold."""
    found = costs.intensities()
    assert list(found.values()) == sorted(found.values())
    assert len(found) == len(costs.GRIDS)
    assert max(found.values()) > 10 * min(found.values())
    lowest = min(found.values())
    intensities, grams = costs.grid_rows(FOOTPRINT)
    assert (intensities[1], grams[1]) == (f"{lowest:.0f}", f"{3 * lowest:.3g}")


@pytest.mark.parametrize(("logged", "cell"), [(None, "–"), (Logged(0.004, 1.6, FOOTPRINT), "4.0000")])
def test_an_empty_log_leaves_dashes(logged: Logged | None, cell: str) -> None:
    """Where CarbonTracker has measured nothing, the report says so."""
    assert costs.logged_energies(logged)[0] == cell
