"""The same sources and the same trained networks give the same bytes: elsewhere, later, in other kernels."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Report

# The clock of every process that loads it is more than a year ahead; what measures durations is left alone.
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static const time_t AHEAD = 400 * 86400;

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += AHEAD;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *result) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (result) *result = precise.tv_sec;
    return precise.tv_sec;
}
"""


@pytest.fixture
def another_day(tmp_path: Path) -> dict[str, str]:
    """Return the environment of processes in which it is another day; where nothing compiles, it is today."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return {}
    library = tmp_path / "clock.so"
    options = ["-shared", "-fPIC", "-x", "c", "-o", str(library), "-", "-ldl"]
    subprocess.run([compiler, *options], input=CLOCK, text=True, check=True)
    return {"LD_PRELOAD": str(library)}


def elsewhere(report: "Report", tmp_path: Path) -> "Report":
    """Copy sources and trained networks to another folder, but no execution and nothing of the last build."""
    other = type(report)(tmp_path / "by another name")
    ignored = shutil.ignore_patterns("build", "ledger", "locks", "trained.log", "__pycache__")
    shutil.copytree(report.root, other.root, ignore=ignored, copy_function=shutil.copyfile)
    for key in other.store.keys():  # noqa: SIM118 - a store is no dict
        info = other.store.info(key)
        if info is not None and "values" in info.record:
            other.store.remove(key)
    return other


def test_a_report_built_elsewhere_on_another_day(
    trained: "Report", tmp_path: Path, another_day: dict[str, str]
) -> None:
    """With kernels of its own, another home, zone and language: PDF, page and notebooks are the same."""
    other = elsewhere(trained, tmp_path)
    (tmp_path / "home").mkdir()
    surroundings = {"HOME": str(tmp_path / "home"), "TZ": "Pacific/Auckland", "LANG": "C", "LC_ALL": "C"}
    result = other.weave("build", **surroundings, **another_day)
    assert result.returncode == 0, result.stderr
    assert [line for line in result.stderr.splitlines() if "runs: it has not run yet" in line] != []
    assert not (other.root / "trained.log").exists()
    for report, environment in ((trained, {}), (other, {**surroundings, **another_day})):
        assert report.weave("build", "--to", "html", **environment).returncode == 0
    assert {"report.pdf", "report.html", "q1.ipynb"} < trained.printed().keys()
    assert other.printed() == trained.printed()
    for content in other.printed().values():
        assert str(tmp_path).encode() not in content


def test_it_is_another_day_there(another_day: dict[str, str]) -> None:
    """The clock that the test above has set forward is the one that is read."""
    if not another_day:
        pytest.skip("no C compiler to make another clock with")
    command = [sys.executable, "-c", "import time; print(time.time())"]
    here, there = (
        float(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)
        for env in ({}, another_day)
    )
    assert there - here == pytest.approx(400 * 86400, abs=60)
