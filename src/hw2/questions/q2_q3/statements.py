"""What the numbers of questions 2 and 3 say: words and rows that follow from them, whatever they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.networks.stacked_mlp import ParameterCount, Weights
from hw2.questions.q2_q3 import model_selection
from hw2.questions.q2_q3.model_selection import Picks
from hw2.questions.q2_q3.perceptrons import WINDOW, plateau
from hw2.statistics import difference, sound, spread, verdict
from hw2.training.energy import Footprint
from hw2.training.experiments import Trained


def convergence(trained: Sequence[Trained]) -> str:
    """Say in a sentence whether and from when on the training loss of the runs is flat."""
    found = plateau(trained)
    if found is None:
        epochs = trained[0].run.epochs
        return f"Within its {epochs} epochs the mean training loss does not become flat by this rule."
    return f"The mean training loss is flat from epoch {found} on."


def validation_course(trained: Sequence[Trained]) -> str:
    """Say in a sentence where the validation loss is lowest and whether it rises again until the end."""
    lowest, final = (
        model_selection.lowest(trained, "held_out_loss"),
        model_selection.final(trained, "held_out_loss"),
    )
    epochs = spread(model_selection.lowest_epochs(trained, "held_out_loss"))
    start = f"The validation loss has its minimum of {lowest.format(3)} at epoch {epochs.format(0)}"
    if overfits(trained):
        return (
            f"{start} and ends at {final.format(3)}: the network becomes ever more certain of its mistakes."
        )
    return f"{start} and does not rise significantly from there, to {final.format(3)} at the end."


def overfits(trained: Sequence[Trained]) -> bool:
    """Whether the validation loss at the end is measurably higher than at its minimum."""
    ends, minima = (
        model_selection.ends(trained, "held_out_loss"),
        model_selection.minima(trained, "held_out_loss"),
    )
    return verdict(ends, minima) == "higher than"


def overfitting(networks: Mapping[str, Sequence[Trained]]) -> str:
    """Say in a sentence which of the networks overfit in the end."""
    guilty = [name for name, trained in networks.items() if overfits(trained)]
    if len(guilty) == len(networks):
        return "All of them overfit in the end, so that none lacks the capacity for these images."
    if not guilty:
        return "None of them overfits within its epochs."
    return f"The validation loss rises in the end for {' and for '.join(guilty)}, not for the rest."


def drop_reason(fixed: Sequence[Trained]) -> str:
    """Say why the rate is divided where it is, as the words before the epoch's number."""
    return "gives" if plateau(fixed) else "finds no plateau, so that half of the epochs is taken instead:"


def drop_order(drop: int, picks: Picks) -> str:
    """Say in a sentence whether the validation loss had its minimum before the rate is divided."""
    epochs = sound(picks.epochs)
    later = int(np.sum(epochs > drop))
    if later == 0:
        return (
            "With every seed the validation loss has had its minimum by then. The decisive choice, which"
            " epoch to keep, is made before the rate changes."
        )
    return (
        f"With {later} of {len(epochs)} seeds the validation loss has its minimum only behind the"
        " drop, where the quieter curve serves the choice of the epoch as well."
    )


@dataclass(frozen=True)
class DropEffect:
    """What dividing the rate does to the training loss, fixed and divided rate compared seed by seed.

    `loss_change` is the mean relative change over the ten epochs behind the drop, `loss_step` says it in
    words; the jitters are mean absolute changes of the loss from one epoch to the next, as shares of the loss
    and less their trend.
    """

    loss_step: str
    loss_change: float
    jitter_fixed: float
    jitter_dropped: float


def drop_effect(fixed: Sequence[Trained], dropped: Sequence[Trained], epoch: int) -> DropEffect:
    """Compare two settings behind the epoch at whose end one of them divides the rate."""
    pairs = [pair for pair in zip(dropped, fixed, strict=True) if not any(each.run.diverged for each in pair)]
    ours, theirs = (_losses(group)[:, epoch:] for group in zip(*pairs, strict=True))  # (S, E − epoch)
    at_once, before = ours[:, :10].mean(axis=1), theirs[:, :10].mean(axis=1)
    return DropEffect(
        verdict(at_once, before), float((at_once / before - 1).mean()), _jitter(theirs), _jitter(ours)
    )


def step_meaning(effect: DropEffect) -> str:
    """Say in a sentence what the training loss right behind the drop tells of the noise."""
    meanings = {
        "lower than": "The noise was there, and a lower rate takes it away at once.",
        "higher than": "So noise is not what holds this loss up: the learning that the lower rate gives away"
        " is worth more.",
        "no different from": "What the lower rate gains in noise it gives away in learning.",
    }
    return meanings[effect.loss_step]


def steadiness(fixed: Sequence[Trained], dropped: Sequence[Trained]) -> str:
    """Say in a sentence whether the lower rate leaves the validation accuracy steadier at the end."""
    ours, theirs = (model_selection.wobbles(trained, WINDOW) for trained in (dropped, fixed))
    meanings = {
        "lower than": "with the lower rate the result depends less on the very epoch at which the training is"
        " stopped",
        "higher than": "here it is the fixed rate whose accuracy has become the steadier",
        "no different from": "neither depends more than the other on the very epoch at which the training is"
        " stopped",
    }
    return (
        f"In the last {WINDOW} epochs the validation accuracy moves by {100 * sound(ours).mean():.2f}"
        " percentage points from one epoch to the next, against"
        f" {100 * sound(theirs).mean():.2f} at the fixed rate: {meanings[verdict(ours, theirs)]}."
    )


def price_of_fitting(by_train: Picks, by_loss: Picks, by_accuracy: Picks) -> str:
    """Say in a sentence what the choice by training loss costs on the test images."""
    start = "Choosing the epoch by the lowest training loss instead"
    if verdict(by_train.test_accuracy, by_accuracy.test_accuracy) == "lower than":
        lost = difference(by_accuracy.test_accuracy, by_train.test_accuracy)
        return f"{start} costs {100 * lost.mean:.1f} percentage points."
    if verdict(by_train.test_loss, by_loss.test_loss) == "higher than":
        ratio = sound(by_train.test_loss).mean() / sound(by_loss.test_loss).mean()
        return f"{start} costs no accuracy here, but {ratio:.1f} times the lowest test loss."
    return f"{start} makes no measurable difference here."


def comparison(shallow: Picks, deep: Picks, wide: Picks) -> str:
    """Say in a sentence what depth and width did for the test accuracy."""
    depth = verdict(deep.test_accuracy, shallow.test_accuracy)
    width = verdict(wide.test_accuracy, deep.test_accuracy)
    if depth == width:
        also = "neither did" if depth.startswith("no") else "so did"
        return f"{_gain('Depth alone', depth)}, and {also} the wider layers."
    return f"{_gain('Depth alone', depth)}; {_gain('the wider layers', width)}."


def _gain(what: str, found: str) -> str:
    effects = {"higher than": "raised", "lower than": "lowered", "no different from": "did not change"}
    return f"{what} {effects[found]} the test accuracy" + (" measurably" if found.startswith("no") else "")


def counted(weights: Weights) -> int:
    """Count the numbers in a trained network."""
    return sum(array.size for array in weights.values())


def parameter_rows(counts: Sequence[ParameterCount], trained: Sequence[int]) -> list[tuple[str, ...]]:
    """Return the rows of a table: each layer's formula worked out, the sums, the trained models' counts."""
    depth = max(len(count.layers) for count in counts)
    rows = [(f"fc{i + 1}", *(_layer(count, i) for count in counts)) for i in range(depth)]
    totals = ("total by formula", *(f"{count.total:,}" for count in counts))
    return [*rows, totals, ("counted in the model", *(f"{number:,}" for number in trained))]


def footprint_rows(one: Footprint, everything: Footprint) -> list[tuple[str, ...]]:
    """Return the rows of a table of a footprint: quantity, one network, all, what it rests on."""
    power = "sensor" if everything.sensed_kwh else "rated power, assumed"
    rows: tuple[tuple[str, str, Callable[[Footprint], str]], ...] = (
        ("time", "measured", lambda f: f"{f.duration_s:.1f} s"),
        ("mean power", power, lambda f: f"{f.power_w:.0f} W"),
        ("energy", "time × power × PUE", lambda f: f"{1000 * f.energy_kwh:.3f} Wh"),
        ("CO₂eq", "energy × intensity of the grid", lambda f: f"{f.co2eq_g:.3f} g"),
    )
    return [(name, write(one), write(everything), known) for name, known, write in rows]


def power_words(footprint: Footprint) -> str:
    """Say in a sentence where the power of a footprint comes from."""
    sources = "; ".join(footprint.power_sources)
    if footprint.sensed_kwh == footprint.component_kwh:
        return f"The power is measured as well ({sources})."
    if footprint.sensed_kwh:
        return f"The power is measured in part, and assumed for the rest ({sources})."
    return f"The power is not measured but assumed, because no sensor can be read ({sources})."


def _layer(count: ParameterCount, index: int) -> str:
    if index >= len(count.layers):
        return "–"
    layer = count.layers[index]
    return f"{layer.inputs}·{layer.outputs} + {layer.outputs} = {layer.total:,}"


def _losses(trained: Sequence[Trained]) -> NDArray[np.float64]:
    return np.stack([each.run.history.train_loss for each in trained])  # (S, E)


def _jitter(losses: NDArray[np.float64]) -> float:
    steps = np.diff(losses, axis=1) / losses[:, :-1]
    return float(np.abs(steps - steps.mean(axis=1, keepdims=True)).mean())
