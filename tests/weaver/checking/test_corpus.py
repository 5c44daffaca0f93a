"""Documents from elsewhere are held to nothing that their build would not hold them to."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from weaver.checking.check import Checked
from weaver.errors import WeaverError

CORPUS = Path(__file__).parents[2] / "documents"
DOCUMENTS = sorted(path.parent.name for path in CORPUS.glob("*/expected.yml"))
REFUSED = yaml.safe_load((CORPUS / "refused.yml").read_text(encoding="utf-8"))
# What is wrong shows only where something has run, or only as the last step sets it.
LATER = frozenset(
    {"Chinese", "Chinese words of the report's own", "Korean in code", "symbol without a glyph"}
    | {"letters in a picture", "far too wide a formula", "a layout of words", "tag and label"}
    | {"chart that needs a browser", "figure that needs a browser", "chunk without its figure"}
    | {"captions without their figures", "picture that is none", "picture that nobody can read"}
    | {"table of LaTeX", "picture of the web", "no style", "an entry that is never closed"}
)


def lay_out(root: Path, more: str = "") -> None:
    """Write the corpus's `_quarto.yml`."""
    text = (CORPUS / "_quarto.yml").read_text(encoding="utf-8") + more
    (root / "_quarto.yml").write_text(f"title: The title\n{text}", encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_can_be_built_has_no_fault(name: str, tmp_path: Path, checked: Callable[..., Checked]) -> None:
    """Each document of the corpus is typeset, in both formats; so nothing stops it here."""
    copytree(CORPUS / name, tmp_path / "report")
    lay_out(tmp_path)
    found = [str(one) for target in ("typst", "html") for one in checked(tmp_path, target).of("fault")]
    stated = name == "claims"  # by what its chunks are said to have shown, not by code
    assert [one for one in found if not (stated and "is stated nowhere" in one)] == []


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - LATER))
def test_what_cannot_be_built_is_told_before_anything_runs(
    name: str, tmp_path: Path, checked: Callable[..., Checked]
) -> None:
    """A construct that is refused on any page is refused before a chunk has run, in the same words."""
    case = REFUSED[name]
    (tmp_path / "report").mkdir()
    lay_out(tmp_path, case.get("metadata", ""))
    for file, content in {"report.qmd": case["source"], **case.get("files", {})}.items():
        (tmp_path / "report" / file).write_text(content, encoding="utf-8")
    try:
        told = [str(one) for one in checked(tmp_path).of("fault")]
    except WeaverError as error:  # it cannot even be read
        told = [str(error)]
    assert any(case["message"] in one for one in told)
