"""An execution as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.building.execution import Execution

TEXTS = st.sampled_from(["", "a", "é\n", "\u2028"])
OUTPUTS = st.lists(st.dictionaries(TEXTS, TEXTS | st.none() | st.integers()), max_size=3).map(tuple)
EXECUTIONS = st.builds(
    Execution,
    outputs=st.lists(OUTPUTS, max_size=3).map(tuple),
    values=st.lists(TEXTS, max_size=3).map(tuple),
    opened=st.dictionaries(TEXTS, st.none() | TEXTS, max_size=3),
    used=st.lists(TEXTS, max_size=3).map(tuple),
    packages=st.lists(TEXTS, max_size=3).map(tuple),
)


@given(EXECUTIONS)
def test_an_execution_comes_back_from_json(execution: Execution) -> None:
    """What the store keeps is what was executed."""
    assert Execution.from_json(json.loads(json.dumps(execution.to_json()))) == execution


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": None},
        {"outputs": {}},
        {"outputs": [{}]},
        {"outputs": [[1]]},
        {"values": "6"},
        {"packages": "numpy"},
        {"values": [6]},
        {"opened": []},
        {"opened": {"a.csv": 1}},
    ],
)
def test_a_record_of_other_types_is_no_execution(change: dict[str, object]) -> None:
    """What another program has kept is told apart before anything is made of it."""
    with pytest.raises(ValueError, match="expected an execution's outputs"):
        Execution.from_json({**Execution((), (), {}).to_json(), **change})
