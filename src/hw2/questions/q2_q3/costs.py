"""What the networks of question 3 cost: parameters, energy, and the carbon of one grid or another."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources

from hw2.networks.stacked_mlp import ParameterCount, Weights
from hw2.training.carbontracker_log import Logged
from hw2.training.energy import Footprint
from hw2.training.settings import Settings

GRIDS = ("NO", "FR", "GB", "DE", "US", "AU", "IN", "ZA")  # by the country's code


def counted(weights: Weights) -> int:
    """Count the numbers in a trained network."""
    return sum(array.size for array in weights.values())


def parameter_rows(counts: Sequence[ParameterCount], trained: Sequence[int]) -> list[tuple[str, ...]]:
    """Return the rows of a table: each layer's formula worked out, the sums, the trained models' counts."""
    depth = max(len(count.layers) for count in counts)
    rows = [(f"fc{i + 1}", *(_layer(count, i) for count in counts)) for i in range(depth)]
    totals = ("total by formula", *(f"{count.total:,}" for count in counts))
    return [*rows, totals, ("counted in the model", *(f"{number:,}" for number in trained))]


def footprint_rows(*footprints: Footprint) -> list[tuple[str, ...]]:
    """Return the rows of a table of footprints: quantity, its value for each, what it rests on."""
    power = "sensor" if footprints[0].sensed_kwh else "rated power, assumed"
    rows: tuple[tuple[str, str, Callable[[Footprint], str]], ...] = (
        ("time", "measured", lambda f: f"{f.duration_s:.1f} s"),
        ("mean power", power, lambda f: f"{f.power_w:.0f} W"),
        ("energy", "time × power × PUE", lambda f: f"{1000 * f.energy_kwh:.3f} Wh"),
        ("CO₂eq", "energy × intensity of the grid", lambda f: f"{f.co2eq_g:.3f} g"),
    )
    return [(name, *map(write, footprints), known) for name, known, write in rows]


def short(settings: Settings) -> Settings:
    """Return a training that is a quarter as long, for one more measurement."""
    return replace(settings, epochs=max(1, settings.epochs // 4))


def logged_energies(logged: Logged | None) -> tuple[str, str]:
    """Write the energy by CarbonTracker's log and by our meter, in Wh; dashes where the log is empty."""
    if logged is None:
        return "–", "–"
    return f"{1000 * logged.energy_kwh:.4f}", f"{1000 * logged.ours.energy_kwh:.4f}"


def intensities() -> dict[str, float]:
    """Return the yearly mean carbon intensity of some grids by country, in gCO₂eq/kWh, lowest first.

    The figures are those of carbontracker's own table, the ones that it takes where no live value is at hand.
    """
    table = resources.files("carbontracker.data").joinpath("carbon-intensities.csv")
    with table.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["alpha-2"] in GRIDS]
    found = {row["Entity"]: float(row["Carbon intensity of electricity (gCO2eq/kWh)"]) for row in rows}
    return dict(sorted(found.items(), key=lambda entry: entry[1]))


def grid_rows(one: Footprint) -> list[tuple[str, ...]]:
    """Return the rows of a table with a column a grid: its intensity, CO₂eq of the same energy there."""
    found = intensities().values()
    return [
        ("intensity, g/kWh", *(f"{intensity:.0f}" for intensity in found)),
        ("one network, mg", *(f"{1000 * one.energy_kwh * intensity:.3g}" for intensity in found)),
    ]


def _layer(count: ParameterCount, index: int) -> str:
    if index >= len(count.layers):
        return "–"
    layer = count.layers[index]
    return f"{layer.inputs}·{layer.outputs} + {layer.outputs} = {layer.total:,}"
