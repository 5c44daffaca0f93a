"""Energy is power × time, sensors are believed only where they can be read, and assumptions are named."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from carbontracker.components.cpu import generic, intel
from carbontracker.components.gpu import nvidia
from carbontracker.emissions.intensity import intensity
from carbontracker.emissions.intensity.location import Location
from carbontracker.exceptions import IntelRaplPermissionError
from hypothesis import given
from hypothesis import strategies as st

from hw2.training import energy
from hw2.training.energy import PUE, Footprint, Intensity, PowerSource, metered

GRID = Intensity(500.0, "a grid for tests")
JOULES_PER_KWH = 3.6e6


class Readings:
    """In place of carbontracker's handler: reads the given powers (W, one a device) in turn, or raises."""

    def __init__(self, *readings: list[float] | Exception) -> None:
        self.readings = cycle(readings)

    def power_usage(self) -> list[float]:
        """Return the next reading."""
        reading = next(self.readings)
        if isinstance(reading, Exception):
            raise reading
        return reading


def sensor(*readings: list[float] | Exception) -> tuple[PowerSource, ...]:
    """Return one measuring source with the given readings."""
    return (PowerSource(Readings(*readings), True, "a sensor for tests"),)


def footprint_of(seconds: float, sources: tuple[PowerSource, ...]) -> Footprint:
    """Return the footprint of sleeping for so long."""
    with metered(sources, GRID) as meter:
        time.sleep(seconds)
    return meter.footprint


@pytest.mark.parametrize("seconds", [0.001, 0.3, 1.2])
def test_energy_is_power_times_duration(seconds: float) -> None:
    """At 90 W, even a training shorter than the sampling interval costs 90 J a second, times PUE."""
    footprint = footprint_of(seconds, sensor([90.0]))
    assert seconds <= footprint.duration_s < seconds + 0.25
    expected = 90 * footprint.duration_s / JOULES_PER_KWH
    assert footprint.component_kwh == footprint.sensed_kwh == pytest.approx(expected)
    assert footprint.energy_kwh == pytest.approx(expected * PUE)
    assert footprint.co2eq_g == pytest.approx(expected * PUE * 500)
    assert (footprint.power_w, footprint.intensity_g_per_kwh) == pytest.approx((90, 500))


def test_devices_of_a_component_and_components_add_up() -> None:
    """Two processors and a rated part draw together; only what a sensor saw counts as measured."""
    rated = PowerSource(Readings([60.0]), False, "a rating for tests")
    footprint = footprint_of(0.2, (*sensor([10.0, 20.0]), rated))
    assert footprint.power_w == pytest.approx(90)
    assert footprint.sensed_kwh / footprint.component_kwh == pytest.approx(1 / 3)
    assert footprint.power_sources == ("a sensor for tests", "a rating for tests")


def test_a_failed_reading_does_not_count_as_no_power() -> None:
    """A sensor that fails now and then, or overflows to zero, leaves the mean of its good readings."""
    failing = sensor([40.0], IntelRaplPermissionError([]), [0.0], OSError())
    assert footprint_of(0.5, failing).power_w == pytest.approx(40)


def test_power_is_averaged_over_the_run() -> None:
    """A load that changes between samples is met by the mean of many samples."""
    assert footprint_of(1.0, sensor([20.0], [40.0])).power_w == pytest.approx(30, abs=4)


def test_measure_returns_the_result() -> None:
    """On this machine as it is: the result comes back with a footprint, and no thread stays."""
    before = threading.enumerate()
    result, footprint = energy.measure(lambda: 42)
    assert result == 42
    assert footprint.energy_kwh > 0
    assert footprint.co2eq_g > 0
    assert threading.enumerate() == before


def test_a_failing_training_stops_the_meter() -> None:
    """An exception in the block comes through as it is, and the sampling thread ends."""
    before = threading.enumerate()
    with pytest.raises(ZeroDivisionError), metered(sensor([1.0]), GRID):
        _ = 1 / 0
    assert threading.enumerate() == before


def test_a_report_that_measures_stays_silent(tmp_path: Path) -> None:
    """Neither carbontracker nor its location look-up prints, warns or leaves a file."""
    code = "from hw2.training import energy; energy.measure(lambda: None)"
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_assumed_is_named() -> None:
    """A source here is either a measuring one or says that there is no sensor."""
    for source in energy.power_sources():
        assert source.read_w() > 0
        words = "power measured by" if source.measured else "no power sensor"
        assert words in source.description


def no_network(*_: Any, **__: Any) -> None:
    """Fail as a name look-up does without a network."""
    raise socket.gaierror


def test_without_a_network_the_worlds_average_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """No location: carbontracker's average of the world, and said so."""
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    grid = energy.grid_intensity.__wrapped__()
    assert grid == Intensity(445.0, "world average of 2024 (carbontracker's table), not live")


def test_a_known_location_has_its_own_average(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Australia, the Australian grid is taken and named."""
    melbourne = Location(ok=True, address="Melbourne, AU", country="AU")
    monkeypatch.setattr(intensity.geocoder, "ip", lambda _: melbourne)
    grid = energy.grid_intensity.__wrapped__()
    assert grid.source.startswith("yearly average of AU")
    assert grid.g_per_kwh != 445


@pytest.mark.parametrize(
    ("brand", "watts", "words"),
    [
        ("AMD EPYC 7251", 60, "half the rated 120 W of AMD EPYC 7251 in"),
        ("AMD EPYC @ 2.60GHz", 60, "half the rated 120 W of AMD EPYC 7232P in"),
        ("Abacus 3000", None, "half the mean rating of all processors in"),
    ],
)
def test_the_row_of_the_rating_is_named(
    monkeypatch: pytest.MonkeyPatch, brand: str, watts: float | None, words: str
) -> None:
    """A vague name matches another processor's rating and an unknown one the mean: both are said."""
    monkeypatch.setattr(generic.cpuinfo, "get_cpu_info", lambda: {"brand_raw": brand})
    source = energy._rated_processor()
    assert not source.measured
    assert words in source.description
    assert f"{source.read_w():.3g} W assumed" in source.description
    assert watts is None or source.read_w() == watts


@contextmanager
def rapl(folder: Path, power_w: dict[str, float]) -> Iterator[None]:
    """Count energy (µJ) up in a folder laid out like the kernel's RAPL, one domain a key."""
    started, stop = time.perf_counter(), threading.Event()

    def count() -> None:
        for number, watts in enumerate(power_w.values()):
            counter = folder / f"intel-rapl:{number}" / "energy_uj"
            counter.with_name("new").write_text(f"{(time.perf_counter() - started) * watts * 1e6:.0f}")
            counter.with_name("new").replace(counter)

    def keep_counting() -> None:
        while not stop.wait(0.01):
            count()

    for number, domain in enumerate(power_w):
        (folder / f"intel-rapl:{number}").mkdir()
        (folder / f"intel-rapl:{number}" / "name").write_text(f"{domain}\n")
    count()
    thread = threading.Thread(target=keep_counting)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_rapl_is_read_and_its_domains_add_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A processor at 40 W and memory at 10 W give 50 W, measured, for a run shorter than RAPL's second."""
    monkeypatch.setattr(intel, "RAPL_DIR", f"{tmp_path}{os.sep}")
    with rapl(tmp_path, {"package-0": 40.0, "dram": 10.0}):
        source = energy._sensor(intel.IntelCPU, "RAPL")
        assert source is not None
        footprint = footprint_of(0.2, (source,))
    assert source.description.endswith("power measured by RAPL")
    assert footprint.power_w == pytest.approx(50, rel=0.2)  # the sensor's own clock is a sleep


def test_a_sensor_that_may_not_be_read_is_no_sensor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """RAPL open to root alone, or hidden by a container, is passed over for the rating, never read as 0 W."""
    monkeypatch.setattr(intel, "RAPL_DIR", f"{tmp_path}{os.sep}")
    (tmp_path / "intel-rapl:0").symlink_to(tmp_path / "hidden")
    assert energy._sensor(intel.IntelCPU, "RAPL") is None
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "name").write_text("package-0\n")
    monkeypatch.setattr(intel.IntelCPU, "_read_energy", refuse)  # root may read any file
    assert energy._sensor(intel.IntelCPU, "RAPL") is None


def refuse(*_: Any) -> None:
    """Fail as reading the counter does for anyone but root."""
    raise PermissionError


def test_gpus_are_measured_beside_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs at 70 W and 90 W, as NVIDIA's library tells them (mW), make one measured source of 160 W."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    library = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: f"GPU {index}",
        nvmlDeviceGetPowerUsage=lambda index: [70_000, 90_000][index],
        NVMLError=RuntimeError,
    )
    monkeypatch.setattr(nvidia, "pynvml", library)
    gpus, processor = energy.power_sources.__wrapped__()
    assert (gpus.read_w(), gpus.measured) == (160, True)
    assert gpus.description == "GPU 0, GPU 1: power measured by NVML"
    assert processor.description != gpus.description


CARBONTRACKER = """
import json, sys, time
from carbontracker import parser
from carbontracker.tracker import CarbonTracker

tracker = CarbonTracker(epochs=1, epochs_before_pred=0, update_interval=0.1, log_dir=sys.argv[1])
tracker.epoch_start()
time.sleep(1)
tracker.epoch_end()
actual = parser.parse_all_logs(sys.argv[1])[0]["actual"]
json.dump([actual["energy (kWh)"], actual["co2eq (g)"]], sys.stderr)
"""


def test_agrees_with_carbontracker_itself(tmp_path: Path) -> None:
    """Where carbontracker's own tracker works, for one second on one rated processor, both say the same."""
    if any(source.measured for source in energy.power_sources()):
        pytest.skip("sensors here: two measurements at different times may differ")
    command = [sys.executable, "-c", CARBONTRACKER, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    energy_kwh, co2eq_g = json.loads(run.stderr.splitlines()[-1])
    _, ours = energy.measure(lambda: time.sleep(1))
    assert ours.energy_kwh == pytest.approx(energy_kwh, rel=0.05)
    assert ours.intensity_g_per_kwh == pytest.approx(co2eq_g / energy_kwh)


amounts = st.floats(min_value=1e-9, max_value=1e6)
footprints = st.builds(
    Footprint,
    *[amounts] * 5,
    st.just(("a sensor for tests",)),
    st.sampled_from([("here",), ("there",)]),
)


@given(footprints, st.integers(1, 64))
def test_the_shares_of_a_stack_sum_to_the_stack(footprint: Footprint, networks: int) -> None:
    """Sharing among networks neither loses nor makes energy, and leaves power and intensity as they are."""
    share = footprint.share(1 / networks)
    whole = energy.total([share] * networks)
    for amount in ("duration_s", "component_kwh", "sensed_kwh", "energy_kwh", "co2eq_g"):
        assert getattr(whole, amount) == pytest.approx(getattr(footprint, amount))
    assert share.power_w == pytest.approx(footprint.power_w)
    assert whole.power_sources == footprint.power_sources


@given(st.lists(footprints, min_size=1, max_size=5))
def test_a_total_names_every_source_once(parts: list[Footprint]) -> None:
    """Runs on two grids: the sum says both, each once, and has a mean intensity between them."""
    whole = energy.total(parts)
    assert set(whole.intensity_sources) == {part.intensity_sources[0] for part in parts}
    assert len(set(whole.intensity_sources)) == len(whole.intensity_sources)
    intensities = [part.intensity_g_per_kwh for part in parts]
    assert min(intensities) <= whole.intensity_g_per_kwh * (1 + 1e-9)
    assert whole.intensity_g_per_kwh <= max(intensities) * (1 + 1e-9)


def test_equivalents() -> None:
    """106.8 g is a kilometre of an average new car; 93.1 Wh boil a litre of water."""
    footprint = Footprint(1.0, 0.05, 0.0, 0.0931, 106.8, (), ())
    same = energy.equivalent(footprint)
    assert (same.car_km, same.boiled_water_l) == pytest.approx((1, 1), rel=1e-3)
