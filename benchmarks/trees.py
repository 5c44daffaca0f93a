"""Generated projects of any size, for what should grow in proportion to the lines of code."""

from collections.abc import Iterator
from pathlib import Path

PACKAGE = "generated"
FUNCTIONS = 10  # in a module
TEMPLATE = '''
def step_{number}(values: list[float], rate: float = {number}.5) -> list[float]:
    """Add something to each value, as much as the functions below this one say."""
    # A comment, as code has them.
    total = SCALE * rate
    for value in values:
        if value > total:
            total += value / {number}
    return [value + total for value in {before}]
'''


def write(root: Path, modules: int) -> int:
    """Write a package of modules, each of which calls the one before; return the lines of code."""
    folder = root / PACKAGE
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    texts = [module(number) for number in range(modules)]
    for number, text in enumerate(texts):
        (folder / f"part_{number}.py").write_text(text)
    return sum(text.count("\n") for text in texts)


def module(number: int) -> str:
    """Return the source of a module."""
    lines = ['"""A part of the generated project."""\n', "import math\n"]
    if number:
        lines.append(f"from {PACKAGE} import part_{number - 1}\n")
    lines.append(f"\nSCALE = math.sqrt({number + 1})\n")
    return "".join([*lines, *_functions(number)])


def _functions(number: int) -> Iterator[str]:
    last = f"part_{number - 1}.step_{FUNCTIONS}(values)" if number else "values"
    for function in range(1, FUNCTIONS + 1):
        yield "\n" + TEMPLATE.format(number=function, before=last)
        last = f"step_{function}(values)"
