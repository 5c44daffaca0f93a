"""Three criteria for the epoch that is kept, and the tables of what they choose."""

from collections.abc import Callable

import numpy as np
import pytest

from hw2.questions.q2_q3 import model_selection
from hw2.questions.q2_q3.perceptrons import Images
from hw2.training.evaluation import evaluate
from hw2.training.experiments import Trained

Diverged = Callable[[Trained], Trained]


def test_picks_are_measured_on_the_epoch_they_name(images: Images, fixed: tuple[Trained, ...]) -> None:
    """The figures of the choice are those of its epoch, and its test figures come from the kept weights."""
    picks = model_selection.picked(fixed, "lowest held-out loss", images.test)
    for k, each in enumerate(fixed):
        curve = each.run.history.held_out_loss
        assert curve is not None
        assert picks.epochs[k] == curve.argmin() + 1
        assert picks.validation_loss[k] == curve.min()
        judged = evaluate(each.run.kept["lowest held-out loss"].weights, images.test)
        assert picks.test_accuracy[k] == pytest.approx(judged.accuracy)
    assert picks.hits.shape == (len(fixed), len(images.test.inputs))


def test_a_diverged_seed_is_in_no_mean_and_keeps_its_place(
    images: Images, fixed: tuple[Trained, ...], diverged: Diverged
) -> None:
    """What is compared over seeds leaves the diverged one out, and pairs the others as they were."""
    wild = (diverged(fixed[0]), fixed[1])
    picks = model_selection.picked(wild, model_selection.DEPLOYED, images.test)
    whole = model_selection.picked(fixed, model_selection.DEPLOYED, images.test)
    assert np.isnan(picks.test_accuracy[0])
    assert picks.test_accuracy[1] == whole.test_accuracy[1]
    assert picks.accuracy.mean == whole.test_accuracy[1]
    for curve in (model_selection.ends, model_selection.minima, model_selection.maxima):
        assert np.isnan(curve(wild, "held_out_loss")[0])
        assert curve(wild, "held_out_loss")[1] == curve(fixed, "held_out_loss")[1]
    assert model_selection.count_diverged(wild, fixed) == 1


def test_rows_name_what_they_show_and_mark_the_best(images: Images, fixed: tuple[Trained, ...]) -> None:
    """A cell of each column is bold, but for names and epochs."""
    groups = [model_selection.picked(fixed, each, images.test) for each in model_selection.CRITERIA]
    rows = model_selection.rows(["a", "b", "c"], groups)
    assert [row[0] for row in rows] == ["a", "b", "c"]
    columns = list(zip(*rows, strict=True))
    assert len(columns) == 7
    assert all(any(cell.startswith("**") for cell in column) for column in columns[2:])
    assert not any(cell.startswith("**") for column in columns[:2] for cell in column)


def test_final_rows_have_the_last_epoch_and_the_deployed_one(
    images: Images, fixed: tuple[Trained, ...]
) -> None:
    """The table of 2.2 has a cell for each of its seven columns."""
    ((name, training, *_, chosen),) = model_selection.final_rows(["fixed"], [fixed], images.test)
    assert name == "fixed"
    assert training.strip("*") == model_selection.final(fixed, "train_loss").format(4)
    deployed = model_selection.picked(fixed, model_selection.DEPLOYED, images.test)
    assert chosen.strip("*") == deployed.accuracy.percent()


def test_a_rate_at_which_all_diverged_is_named_so(fixed: tuple[Trained, ...], diverged: Diverged) -> None:
    """The table of the search shows such a rate, and does not end the report."""
    search = {0.1: fixed, 1.0: tuple(map(diverged, fixed))}
    first, second = model_selection.search_row(search)
    assert first.startswith("**")
    assert second == "diverged"
    assert model_selection.search_rows(search)[1][0] == "1"


def test_validation_accuracy_is_read_where_the_validation_loss_is_lowest(
    fixed: tuple[Trained, ...], with_curves: Callable[..., Trained]
) -> None:
    """The comparison of both curves begins at the minimum of one of them."""
    changed = with_curves(fixed[0], held_out_loss=[1.0, 0.5, 0.7], held_out_accuracy=[0.1, 0.2, 0.3])
    assert model_selection.at_lowest_loss([changed]) == [0.2]
