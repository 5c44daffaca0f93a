"""The smallest run of the cases that build, analyse and read: they measure what they say."""

import shutil
from functools import partial
from hashlib import sha256
from pathlib import Path

import pypdf
import pytest

from benchmarks import build, bulk, cache, code, inputs, preview, report, trees
from benchmarks.build import Figure, Subject
from benchmarks.projects import Copy
from benchmarks.timing import QUICK
from hw2.training.probes import Snapshots
from weaver.dependencies import inputs as observed_inputs
from weaver.dependencies.traces import Traces
from weaver.storage.store import Store, default_folder
from weaver.typesetting.quarto import quarto


def test_builds_after_edits(copy: Copy) -> None:
    """Nothing changed, a sentence, a figure: each beside what a person would type."""
    figure = Figure("q2", "src/science/figures.py", "line")
    lines = list(build.compare(Subject(copy, "report/q1.qmd", (figure,)), QUICK))
    cases = ["nothing changed", "a sentence edited", "a figure of q2 edited, networks cached"]
    assert list(dict.fromkeys(line.case for line in lines)) == cases
    for line in lines:
        assert line.theirs or (line.note == build.MISSING and quarto.find() is None)
    nothing, *_ = lines
    drawn = next(line for line in lines if line.case == cases[-1])
    assert nothing.ours < drawn.ours  # a kernel was started
    assert "Edited 1 times" in (copy.root / "build/notebooks/q1.ipynb").read_text(encoding="utf-8")


def test_previews_after_edits(copy: Copy) -> None:
    """The page is there before the PDF, and sooner where no chunk runs."""
    copy.weaver("build")
    subject = preview.Subject(
        copy, "report/q1.qmd", (preview.Drawn("q2", "line(", "src/science/figures.py", 2.0),)
    )
    page, pdf, drawn, called = preview.compare(subject, QUICK)
    assert 0 < page.ours[0] < pdf.ours[0]
    assert page.ours[0] < drawn.ours[0]  # a kernel was started
    assert page.ours[0] < called.ours[0]
    assert drawn.theirs
    assert page.theirs or (page.note == "MyST not installed" and shutil.which("myst") is None)


def test_a_cold_build_with_its_memory(copy: Copy) -> None:
    """The memory is that of the build and its kernels."""
    seconds, memory = report.compare(copy)
    assert (copy.root / "build/report.pdf").is_file()
    assert 0 < seconds.ours[0] < 300
    assert 2e7 < memory.ours[0] < 1.5e9


def test_a_long_document(tmp_path: Path) -> None:
    """It is as long as it is said to be, and all that it refers to is there."""
    bulk.write(tmp_path, bulk.Size(2, 120))
    seconds, memory = bulk.compare(Copy(tmp_path), QUICK)
    assert seconds.case.endswith(" lines: time")
    assert "key6" in (tmp_path / "report/by-hand.typ").read_text(encoding="utf-8")
    pages = pypdf.PdfReader(tmp_path / "build/report.pdf").pages
    assert "The curve of section 2" in "".join(page.extract_text() for page in pages)
    assert seconds.theirs[0] > 0
    assert 2e7 < memory.ours[0] < 1.5e9


def test_the_code_of_generated_modules(tmp_path: Path) -> None:
    """Every generated function counts; parsing alone is quicker than a first look, and that than another."""
    generated = code.Code(tmp_path / "src", (trees.PACKAGE,))
    assert trees.write(generated.root, 3) == generated.lines
    parts = {one.name for one in generated.read().dependencies}
    assert {f"generated.part_{m}.step_{f}" for m in range(3) for f in range(1, trees.FUNCTIONS + 1)} <= parts
    first, again = code.compare("tree", generated, QUICK)
    assert first.theirs < first.ours
    assert again.ours < first.ours


def test_inputs_are_observed_and_looked_at_again(tmp_path: Path) -> None:
    """A training is heard or not; what stands in the traces of a project is looked at, as it is now."""
    line = inputs.observed(inputs.workloads.classifier(inputs.at_rate(inputs.SHALLOW, 0.1), 1, 32), QUICK)
    assert line.ours
    assert line.theirs
    assert inputs.looked_at(tmp_path, QUICK).note
    (tmp_path / "x.txt").write_text("1")
    Traces(Store(default_folder(tmp_path)), partial(observed_inputs.today, tmp_path)).add(
        "key", {"x.txt": "1"}
    )
    assert inputs.traced(tmp_path) == ["x.txt"]
    assert inputs.today(tmp_path, ["x.txt"]) == {"x.txt": sha256(b"1").hexdigest()}
    assert inputs.looked_at(tmp_path, QUICK).theirs


def test_cached_trainings_are_read_not_trained(caplog: pytest.LogCaptureFixture) -> None:
    """What is measured is the cache, and its floor does nothing but read and check."""
    workload = cache.workloads.autoencoder(4, 1, images=8)
    caplog.set_level("DEBUG", "weaver.cache")
    line = cache.rate("two", cache.Kept(workload, 2, (Snapshots((0, 1)),)), QUICK)
    trained = [record for record in caplog.records if record.getMessage().startswith("miss ")]
    assert len(trained) == 2  # once for each member
    assert 0 < line.ours[0] < line.theirs[0]
