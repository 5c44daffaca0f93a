"""What a build is asked for."""

from dataclasses import dataclass

ENGINES = ("auto", "quarto", "builtin")


@dataclass(frozen=True)
class Request:
    """What is to be built: the whole report, or one chapter; `engine` is one of `ENGINES`."""

    profile: str = "full"
    engine: str = "auto"
    chapter: str | None = None
