"""An execution as JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from weaver.execution import Execution

TEXTS = st.sampled_from(["", "a", "é\n", "\u2028"])
OUTPUTS = st.lists(st.dictionaries(TEXTS, TEXTS | st.none() | st.integers()), max_size=3).map(tuple)
EXECUTIONS = st.builds(
    Execution,
    outputs=st.lists(OUTPUTS, max_size=3).map(tuple),
    values=st.lists(TEXTS, max_size=3).map(tuple),
    opened=st.dictionaries(TEXTS, st.none() | TEXTS, max_size=3),
    used=st.lists(TEXTS, max_size=3).map(tuple),
)


@given(EXECUTIONS)
def test_an_execution_comes_back_from_json(execution: Execution) -> None:
    """What the store keeps is what was executed."""
    assert Execution.from_json(json.loads(json.dumps(execution.to_json()))) == execution
