"""Write the latest results into docs/benchmarks.md: no figure in it is typed by hand.

python -m benchmarks.document
"""

import re
from pathlib import Path

from benchmarks import results, tables

PAGE = Path("docs/benchmarks.md")
MEASURED = re.compile(r"(?P<open><!-- measured -->\n).*(?P<close><!-- end of measured -->)", re.S)


def update(page: Path = PAGE, source: Path = results.FILE) -> None:
    """Replace what stands between the two comments of the page by the tables of the latest results.

    Raises:
        ValueError: nothing was measured yet, or the comments are missing.
    """
    measured = results.read(source)
    if not measured:
        raise ValueError(f"{source}: expected results, found none: run `make bench` first")
    text = page.read_text(encoding="utf-8")
    if not MEASURED.search(text):
        raise ValueError(
            f"{page}: expected '<!-- measured -->' and '<!-- end of measured -->', found neither"
        )
    table = tables.markdown(measured)
    page.write_text(MEASURED.sub(lambda match: f"{match['open']}\n{table}\n{match['close']}", text), "utf-8")


if __name__ == "__main__":
    update()
