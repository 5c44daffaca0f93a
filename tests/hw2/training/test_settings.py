"""Settings out of range are refused."""

import pytest

from hw2.training.settings import Settings, TrainingError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": (3,)}, "widths"),
        ({"widths": (3, 0, 2)}, "widths"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_seed": -1}, "batch_seed"),
    ],
)
def test_numbers_out_of_range(changes: dict[str, object], message: str) -> None:
    """The error names the setting and shows all of them."""
    with pytest.raises(TrainingError, match=f"{message}.*found Settings"):
        Settings(**{"widths": (3, 2), "learning_rate": 0.1, "epochs": 1, **changes})
