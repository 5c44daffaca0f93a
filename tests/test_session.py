"""The terminal session in the README is true; `python tests/test_session.py` records it anew."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SESSION = re.compile(r"(?<=<!-- recorded -->\n\n```console\n).*?(?=^```$)", re.M | re.S)
NEW = "my-report"
COMMANDS = (
    f"weaver new {NEW}",
    "weaver build",
    "weaver build",
    "sed -i 's/How many hidden units does it take?/How wide must it be?/' report/q1.qmd",
    "weaver build",
    "sed -i 's/rate: float = 1.0/rate: float = 0.5/' src/study/network.py",
    "weaver why",
    "weaver build",
)
CHANGING = re.compile(r"\b\d+(\.\d+)? s\b|(?<=loss )\d\.\d+")
UNDER_WAY = re.compile(r"(?m)^.* epoch (?!1000 )\d+ of 1000.*\n")  # told as often as there is time


def record(folder: Path) -> str:
    """Type the commands, all but the first in the new report, and return them with what they print."""
    report = folder / NEW
    paths = os.pathsep.join([str(ROOT / "src"), str(report / "src")])
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PYTHONPATH": paths, "PATH": programs, "ENGINE": "builtin"}
    dropped = ("PROFILE", "FORMAT", "WEAVER_CACHE", "SOURCE_DATE_EPOCH")
    environment = {name: value for name, value in os.environ.items() if name not in dropped} | own
    said: list[str] = []
    for command in COMMANDS:
        run = subprocess.run(
            ["bash", "-c", f"exec 2>&1; {command}"],
            cwd=report if report.is_dir() else folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        said += [f"$ {command}", *run.stdout.splitlines()]
    return "\n".join(said) + "\n"


def test_the_session_in_the_readme_is_true(tmp_path: Path) -> None:
    """Whoever types these commands sees this, but for times, losses and how often progress is told."""
    [told] = SESSION.findall(README.read_text(encoding="utf-8"))
    assert lasting(record(tmp_path)) == lasting(told)


def lasting(session: str) -> str:
    """Leave of a session what is the same on every machine."""
    return CHANGING.sub("…", UNDER_WAY.sub("", session))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        session = record(Path(name))
    README.write_text(SESSION.sub(lambda _: session, README.read_text("utf-8"), count=1), "utf-8")
