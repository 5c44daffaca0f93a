"""Energy and carbon footprint of a training, from carbontracker's sensors, ratings and grid intensities.

The method is carbontracker's (Anthony, Kanding and Selvan 2020, arXiv:2007.03051): mean power of the
components × duration × power usage effectiveness (PUE) × carbon intensity of the grid. Its handlers are
sampled here rather than by its `CarbonTracker`, whose version 2.4.7 takes the mean over the devices of a
component where the sum is meant, counts a sensor that it may not read as 0 W, has no reading from RAPL
for a training under a second, and ends the process when a reading fails.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from logging import CRITICAL, Logger, getLogger
from math import nan
from threading import Event
from time import perf_counter
from typing import TypeVar

import numpy as np
from carbontracker import constants
from carbontracker.components.cpu import generic, intel
from carbontracker.components.gpu import nvidia
from carbontracker.components.handler import Handler
from carbontracker.exceptions import GPUPowerUsageRetrievalError, IntelRaplPermissionError

from weaver import cache

PUE = float(constants.PUE_2023)
"""Energy of a data centre over that of its computers: Uptime Institute's world average for 2023."""

BOILING_KWH_PER_LITRE = 4.19 * (100 - 20) / 3600
"""One litre of water from 20 °C to 100 °C without losses: specific heat 4.19 kJ/(kg K), 1 kg."""

INTERVAL_S = 0.1
JOULES_PER_KWH = 3.6e6

R = TypeVar("R")


@dataclass(frozen=True)
class PowerSource:
    """Where the power of one component comes from: a sensor, or a rating that is assumed."""

    handler: Handler  # initialised
    measured: bool
    description: str

    def read_w(self) -> float:
        """Return the power in W, summed over the component's devices; NaN where the reading failed."""
        try:
            return float(sum(self.handler.power_usage())) or nan  # RAPL's overflow reads as 0
        except (IntelRaplPermissionError, GPUPowerUsageRetrievalError, OSError):
            return nan


@dataclass(frozen=True)
class Intensity:
    """Carbon intensity of the electricity (gCO₂eq/kWh) and where the figure comes from."""

    g_per_kwh: float
    source: str


@dataclass(frozen=True)
class Footprint:
    """Energy and CO₂eq of one training, or of several together.

    Measured are the duration and, of `component_kwh`, the part `sensed_kwh`; the rest follows from an
    assumed power. The PUE in `energy_kwh` and the carbon intensity in `co2eq_g` are averages.
    """

    duration_s: float
    component_kwh: float  # at the processor and the GPUs
    sensed_kwh: float  # the part of component_kwh that a power sensor measured
    energy_kwh: float  # component_kwh × PUE
    co2eq_g: float
    power_sources: tuple[str, ...]
    intensity_sources: tuple[str, ...]

    @property
    def power_w(self) -> float:
        """Mean power of the components in W, without PUE."""
        return self.component_kwh * JOULES_PER_KWH / self.duration_s

    @property
    def intensity_g_per_kwh(self) -> float:
        """Mean carbon intensity of the energy in gCO₂eq/kWh."""
        return self.co2eq_g / self.energy_kwh

    def share(self, part: float) -> "Footprint":
        """Return a part of the footprint, time included: 0.5 is half of it."""
        return replace(
            self,
            duration_s=self.duration_s * part,
            component_kwh=self.component_kwh * part,
            sensed_kwh=self.sensed_kwh * part,
            energy_kwh=self.energy_kwh * part,
            co2eq_g=self.co2eq_g * part,
        )


@dataclass(frozen=True)
class Equivalent:
    """A footprint in things that a person knows.

    `car_km`: distance of an average new car in the EU with the same CO₂eq (106.8 g/km in 2024: European
    Environment Agency, in carbontracker's table). `boiled_water_l`: litres of water that the same energy
    brings from 20 °C to the boil.
    """

    car_km: float
    boiled_water_l: float


class Meter:
    """Holds the `footprint` of a metered block once the block has ended."""

    footprint: Footprint


@contextmanager
def metered(
    sources: tuple[PowerSource, ...] | None = None, intensity: Intensity | None = None
) -> Iterator[Meter]:
    """Measure the `with` block; a thread samples the power until the block ends.

    Sensors see the whole machine, not this process alone. A sample is taken every 0.1 s; one of RAPL lasts a
    second, so the block may end up to a second late. Neither this nor the time that the first call takes
    to identify the hardware and look up the location (1 to 3 s) is in the measured duration.
    """
    sources = power_sources() if sources is None else sources
    intensity = grid_intensity() if intensity is None else intensity
    meter, stop = Meter(), Event()
    with ThreadPoolExecutor(1, "energy") as pool:
        power = pool.submit(_sample_w, sources, stop)
        started = perf_counter()
        try:
            yield meter
        finally:
            duration_s = perf_counter() - started
            stop.set()
    meter.footprint = _footprint(duration_s, sources, power.result(), intensity)


def measure(function: Callable[[], R]) -> tuple[R, Footprint]:
    """Call `function` and return its result with its footprint."""
    with metered() as meter:
        result = function()
    return result, meter.footprint


def total(footprints: Iterable[Footprint]) -> Footprint:
    """Sum footprints; the sources are those of any of them, each once."""
    parts = tuple(footprints)
    return Footprint(
        sum(part.duration_s for part in parts),
        sum(part.component_kwh for part in parts),
        sum(part.sensed_kwh for part in parts),
        sum(part.energy_kwh for part in parts),
        sum(part.co2eq_g for part in parts),
        tuple(dict.fromkeys(source for part in parts for source in part.power_sources)),
        tuple(dict.fromkeys(source for part in parts for source in part.intensity_sources)),
    )


def equivalent(footprint: Footprint) -> Equivalent:
    """Say a footprint as a distance by car (from its CO₂eq) and as boiled water (from its energy)."""
    from carbontracker.emissions.conversion import co2eq  # noqa: PLC0415 - brings pandas, half a second

    [(car_km, _)] = co2eq.convert(footprint.co2eq_g)
    return Equivalent(float(car_km), footprint.energy_kwh / BOILING_KWH_PER_LITRE)


@functools.cache
def power_sources() -> tuple[PowerSource, ...]:
    """Find what tells the power here: sensors that can be read, else the processor's rating.

    Apple's `powermetrics` is left out: it asks for the administrator's password.
    """
    gpu = _sensor(nvidia.NvidiaGPU, "NVML")
    cpu = _sensor(intel.IntelCPU, "RAPL")
    return tuple(source for source in (gpu, cpu or _rated_processor()) if source)


@functools.cache
def grid_intensity() -> Intensity:
    """Look up the grid: the average of the country that this address is in, else of the world.

    Without a network the look-up fails, after 5 s at the most, and the world's average is taken.
    """
    from carbontracker.emissions.intensity.intensity import IntensityService  # noqa: PLC0415 - only to train

    # The answer stands in the footprint, and is no reason to measure again.
    with cache.reads(), silenced(generic.logger.logger_err, getLogger("geocoder.base")):
        fetch = IntensityService(logger=generic.logger).fetch_carbon_intensity()
    world = f"world average of {constants.WORLD_AVG_CARBON_INTENSITY_YEAR}"
    place = f"yearly average of {fetch.country}" if fetch.is_localized else world
    return Intensity(fetch.carbon_intensity, f"{place} (carbontracker's table), not live")


def _sensor(kind: type[Handler], instrument: str) -> PowerSource | None:
    """Return the sensor if a reading succeeds."""
    handler = kind(pids=(), devices_by_pid=False)
    try:
        if not handler.available():
            return None
        handler.init()
    except OSError:  # a container may show RAPL's folders and hide their files
        return None
    description = f"{', '.join(handler.devices())}: power measured by {instrument}"
    source = PowerSource(handler, True, description)
    return source if source.read_w() > 0 else None


def _rated_processor() -> PowerSource:
    """Return carbontracker's fallback: half the rated power, whatever the load."""
    with silenced(generic.logger.logger_err):
        handler = generic.GenericCPU(pids=(), devices_by_pid=False)
        handler.init()
        rating = _rating(handler)
    assumed = f"no power sensor; {handler.tdp:.3g} W assumed, half {rating} in carbontracker's table"
    return PowerSource(handler, False, f"{handler.cpu_brand}: {assumed}")


def _rating(handler: generic.GenericCPU) -> str:
    """Name the table's row that was taken: of a vague name, the first row that contains it."""
    rated_w = handler.find_matching_tdp()
    if rated_w is None:
        return "the mean rating of all processors"
    brand, table = handler.cpu_brand, handler.cpu_power_data
    name = brand.split("@")[0].strip()
    row = brand if brand in table else next(row for row in table if name in row)
    return f"the rated {rated_w:.3g} W of {row}"


@contextmanager
def silenced(*loggers: Logger) -> Iterator[None]:
    """Keep loggers that write to the terminal from doing so; what they say stands in the sources."""
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _sample_w(sources: tuple[PowerSource, ...], stop: Event) -> list[list[float]]:
    """Read every source until told to stop, at least once."""
    samples = [[source.read_w() for source in sources]]
    while not stop.wait(INTERVAL_S):
        samples.append([source.read_w() for source in sources])
    return samples


def _footprint(
    duration_s: float,
    sources: tuple[PowerSource, ...],
    power_w: list[list[float]],
    intensity: Intensity,
) -> Footprint:
    """Turn the sampled power, one row a sample and one column a source, into a footprint."""
    kwh = np.nanmean(power_w, axis=0) * duration_s / JOULES_PER_KWH  # (sources,)
    component_kwh = float(kwh.sum())
    return Footprint(
        duration_s=duration_s,
        component_kwh=component_kwh,
        sensed_kwh=float(kwh[[source.measured for source in sources]].sum()),
        energy_kwh=component_kwh * PUE,
        co2eq_g=component_kwh * PUE * intensity.g_per_kwh,
        power_sources=tuple(source.description for source in sources),
        intensity_sources=(intensity.source,),
    )
