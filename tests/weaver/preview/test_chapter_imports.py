"""What a chapter may come to import."""

from pathlib import Path

from weaver import qmd
from weaver.preview.chapter_imports import imports
from weaver.project import Chapter

CHAPTER = """
```{python}
%matplotlib inline
import numpy as np, json
from lab import draw
```

```{python}
from scipy import stats
```
"""
MODULES = {
    "lab.py": "import matplotlib.pyplot\nfrom . import other\ndef draw():\n    from scipy import stats, fft",
    "unreached.py": "import torch",
}


def test_statements_of_the_chapter_and_of_what_it_reaches(tmp_path: Path) -> None:
    """In order, each once, also in functions; of one with several modules what is asked for."""
    (tmp_path / "src").mkdir()
    for name, code in MODULES.items():
        (tmp_path / "src" / name).write_text(code, encoding="utf-8")
    (tmp_path / "a.qmd").write_text(CHAPTER, encoding="utf-8")
    read = qmd.expand(qmd.read_document(Path("a.qmd"), root=tmp_path), root=tmp_path)
    chapter = Chapter("a", Path("a.qmd"), read)
    found = imports(tmp_path, chapter, ["src/lab.py"])
    assert found.packages == {"numpy", "json", "lab", "scipy", "matplotlib"}
    assert list(found.of({"scipy", "matplotlib", "numpy"}).statements) == [
        "import numpy as np",
        "from scipy import stats",
        "import matplotlib.pyplot",
        "from scipy import stats, fft",
    ]
