"""LaTeX in place of Typst: what Quarto needs for it beside itself, found or named in one line."""

import shutil
from pathlib import Path

from weaver.errors import ProjectError
from weaver.typesetting.quarto.quarto import Quarto

ENGINES = ("lualatex", "xelatex", "pdflatex")
# Where Quarto looks for the TeX that it has installed itself, below the user's own folder.
TINYTEX = (".TinyTeX", "Library/TinyTeX", "AppData/Roaming/TinyTeX")
CONVERTER = "rsvg-convert"  # figures are SVG, which LaTeX cannot read


def require(quarto: Quarto | None) -> Quarto:
    """Return Quarto where all is there that LaTeX needs.

    Raises:
        ProjectError: something is missing; the message says what to install.
    """
    missing = []
    if quarto is None:
        missing.append("Quarto 1.4 or newer (quarto.org)")
    if not has_tex():
        missing.append("a TeX installation ('quarto install tinytex')")
    if shutil.which(CONVERTER) is None:
        missing.append(f"{CONVERTER} (Debian: librsvg2-bin)")
    if quarto is None or missing:
        raise ProjectError(
            f"FORMAT=latex: install {', '.join(missing)}; or leave FORMAT out, Typst needs nothing more"
        )
    return quarto


def has_tex() -> bool:
    """Whether there is a TeX on the PATH, or one that Quarto has installed."""
    home = Path.home()
    own = any((home / folder / "bin").is_dir() for folder in TINYTEX)
    return own or any(shutil.which(engine) for engine in ENGINES)
