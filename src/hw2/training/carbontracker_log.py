"""CarbonTracker as its authors mean it to be used, beside our own meter: a training, and what its log says.

Our meter samples CarbonTracker's sensors itself (see `energy`); the log shows whether both agree.
"""

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from logging import getLogger
from tempfile import TemporaryDirectory

from carbontracker.components.cpu import generic

from hw2.networks.batches import Examples
from hw2.training import energy
from hw2.training.energy import Footprint
from hw2.training.loop import fit
from hw2.training.settings import Settings
from weaver import cache


@dataclass(frozen=True)
class Logged:
    """The consumption in CarbonTracker's log of a training, and what our meter measured of the same."""

    energy_kwh: float
    co2eq_g: float
    ours: Footprint


@cache.cached
def logged_fit(settings: Settings, examples: Examples) -> Logged | None:
    """Train a network under CarbonTracker and our meter at the same time; see `logged`."""
    return logged(lambda: fit([settings], examples))


def logged(function: Callable[[], object]) -> Logged | None:
    """Call a function under CarbonTracker and our meter; None where its log holds no consumption.

    The whole call is one epoch to CarbonTracker, which has no reading of one that is shorter than its
    interval. It ends the process when a reading fails, unless told to ignore that; then its log is empty.
    """
    from carbontracker import parser  # noqa: PLC0415 - takes half a second, and a kept result needs none
    from carbontracker.tracker import CarbonTracker  # noqa: PLC0415

    energy.power_sources(), energy.grid_intensity()  # looked up here, this is in neither's time
    quiet = (generic.logger.logger_err, getLogger("geocoder.base"))
    # Its answers stand in the result, and are no reason to measure again.
    with TemporaryDirectory() as folder, cache.reads(), energy.silenced(*quiet), redirect_stdout(StringIO()):
        tracker = CarbonTracker(
            epochs=1, epochs_before_pred=0, update_interval=0.1, log_dir=folder, ignore_errors=True
        )
        tracker.epoch_start()
        _, ours = energy.measure(function)
        tracker.epoch_end()
        logs = parser.parse_all_logs(folder)
    actual = logs[0]["actual"] if logs else None
    return None if actual is None else Logged(float(actual["energy (kWh)"]), float(actual["co2eq (g)"]), ours)
