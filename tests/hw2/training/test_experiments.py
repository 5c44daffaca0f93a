"""The gateway from settings to trained networks."""

from pathlib import Path

import numpy as np
import pytest

from hw2.networks.batches import Examples
from hw2.training.experiments import seeded, train
from hw2.training.settings import Settings
from weaver.errors import ClusterError

RNG = np.random.default_rng(7)
DATA = Examples(RNG.normal(0, 1, (20, 4)).astype(np.float32), RNG.integers(2, size=20))
MEMBERS = seeded(Settings((4, 3, 2), learning_rate=0.1, epochs=2), (0, 1))


def test_networks_train_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call reads what the first one kept, footprint and all."""
    monkeypatch.setenv("WEAVER_CACHE", str(tmp_path))
    first, second = train(MEMBERS, DATA), train(MEMBERS, DATA)
    assert [each.run.settings.seed for each in first] == [0, 1]
    assert [each.footprint for each in second] == [each.footprint for each in first]


def test_every_training_of_the_report_goes_to_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where CLUSTER is set nothing trains here in secret, not even if no cluster is reached."""
    monkeypatch.setenv("WEAVER_CACHE", str(tmp_path))
    monkeypatch.setenv("CLUSTER", "nowhere")
    with pytest.raises(ClusterError, match=r"^CLUSTER.* expected"):
        train(MEMBERS, DATA)
