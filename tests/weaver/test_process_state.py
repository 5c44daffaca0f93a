"""What belongs to the process is put back as it was."""

import os
import random
import sys
import warnings
from types import ModuleType

import matplotlib as mpl
import numpy as np
import pytest

from weaver import process_state
from weaver.evidence import Moment


def test_what_was_read_is_put_back() -> None:
    """Random states and settings, of each package that is loaded."""
    pytest.importorskip("torch")
    before = process_state.read()
    digest = Moment({}, lambda _: False).of(before)
    random.random()  # noqa: S311 - what chapters use
    np.random.rand()  # noqa: NPY002 - what chapters use
    np.set_printoptions(precision=2)
    mpl.rcParams["lines.linewidth"] = 7
    sys.path.append("nowhere")
    os.environ["NOWHERE"] = "1"
    warnings.simplefilter("ignore")
    torch = sys.modules["torch"]
    torch.rand(1)
    torch.set_default_dtype(torch.float64)
    assert Moment({}, lambda _: False).of(process_state.read()) != digest
    process_state.write(before)
    assert Moment({}, lambda _: False).of(process_state.read()) == digest


def test_warnings_are_known_by_text_and_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is given once at its place; that one was passed over says nothing."""
    before = process_state.warned()
    for name, registry in (("loud", {("careful", UserWarning, 3): True}), ("quiet", {})):
        module = ModuleType(name)
        vars(module)[process_state.REGISTRY] = {"version": 1, **registry}
        monkeypatch.setitem(sys.modules, name, module)
    found = process_state.warned()
    assert found.keys() - before.keys() == {"loud"}
    assert "careful" in str(found["loud"])
