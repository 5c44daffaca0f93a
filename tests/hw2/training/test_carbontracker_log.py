"""CarbonTracker's own log beside our meter."""

import time

import pytest

from hw2.training import carbontracker_log, energy


def test_the_log_and_our_meter_measure_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    """For a second on one rated processor both say the same, and neither says anything on the page."""
    if any(source.measured for source in energy.power_sources()):
        pytest.skip("sensors here: two measurements at different times may differ")
    found = carbontracker_log.logged(lambda: time.sleep(1))
    assert found is not None
    assert found.energy_kwh == pytest.approx(found.ours.energy_kwh, rel=0.1)
    assert found.co2eq_g / found.energy_kwh == pytest.approx(found.ours.intensity_g_per_kwh)
    assert capfd.readouterr() == ("", "")
