"""What lasts in a process beyond what a warm kernel puts back, and which names code uses."""

import pytest

from weaver import lasting

IMPORTS = (
    "import pandas as pd\nimport matplotlib.pyplot as plt\nimport numpy as np\nimport os, logging\n"
    "from torch import nn, set_flush_denormal\nimport torch\nfrom lab import figures"
)


def needs(code: str) -> lasting.Needs:
    """Analyse a chunk of a chapter that imports a few packages."""
    return lasting.needs(code, lasting.imports([IMPORTS], frozenset({"lab"})))


@pytest.mark.parametrize(
    "code",
    [
        "pd.set_option('display.width', 3)",
        "done = pd.set_option('display.width', 3)",
        "pd.options.display.width = 3",
        "logging.getLogger().setLevel(10)",
        "logging.root.handlers[0] = None",
        "set_flush_denormal(True)",
        "def f():\n    nn.Linear.forward = None",
        "plt.switch_backend('agg')",
        "%load_ext autoreload",
        "get_ipython()",
        "exec('1')",
        "setattr(pd, 'a', 1)",
    ],
)
def test_what_is_set_elsewhere_lasts(code: str) -> None:
    """By a call, an assignment, or by what nobody can read."""
    assert needs(code).lasts


@pytest.mark.parametrize(
    "code",
    [
        "plt.plot([1])\nplt.rcParams['lines.linewidth'] = 2",
        "np.random.seed(1)\ntorch.manual_seed(1)",
        "os.environ['A'] = 'b'\nos.makedirs('a')",
        "figures.use_style()\nfigures.COLOUR = 1",
        "x = []\nx.append(np.zeros(3))\nx[0][1] = 2",
        "frame = pd.DataFrame()\nframe.columns = ['a']",
    ],
)
def test_what_is_put_back_or_looked_into_does_not_last(code: str) -> None:
    """Settings that are known, files, values of the chapter, modules of the project."""
    assert not needs(code).lasts


def test_a_star_may_bring_anything() -> None:
    """Nobody knows where its names come from."""
    assert lasting.needs("1", lasting.imports(["from pandas import *"], frozenset())).lasts


def test_names_are_those_that_code_mentions() -> None:
    """All of them where it may find some by their text."""
    assert needs("def f(a): return a + b").names == {"a", "b"}
    assert needs("frame.query('a > @b')").names is None
    assert needs("print(vars())").names is None


def test_a_module_lasts_if_it_sets_something_outside() -> None:
    """Also in a function, which someone may call."""
    own = frozenset({"lab"})
    assert lasting.of_module(b"import pandas as pd\ndef f():\n    pd.set_option('a', 1)", own)
    assert not lasting.of_module(
        b"import time\nfrom lab import style\ndef f():\n    time.sleep(1)\n    style.use()", own
    )


def test_imports_in_functions_may_never_happen() -> None:
    """Only the others are worth making early."""
    code = "import numpy.linalg\nfrom torch import nn\ndef f():\n    import pandas"
    assert lasting.imported_at_once(code) == {"numpy", "torch"}
