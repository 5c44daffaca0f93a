"""The exceptions of the weaver, one small tree.

    WeaverError
    ├── ProjectError       `_quarto.yml` or the parent document cannot be used
    ├── DocumentError      a `.qmd` cannot be read as prose and chunks
    ├── FingerprintError   code cannot be analysed
    ├── StoreError         the cache folder cannot be read or written
    ├── ClusterError       the workers that CLUSTER names cannot be used
    ├── CheckError         something is wrong that can be told before anything runs
    ├── ExecutionError     a chunk or an inline expression failed
    ├── TypesetError       the executed notebook cannot be turned into pages
    │   └── QuartoOnlyError  … by the built-in typesetter, but by Quarto
    ├── ClaimError         sentences say what the results do not bear out
    ├── QuartoError        Quarto was found but did not deliver
    └── SubmissionError    the archive to hand in cannot be made

Every message stands alone: file and line where there are any, what was expected, what was found.
"""

import errno

ADVICE = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some of your quota on that disk",
    errno.EFBIG: "allow larger files (`ulimit -f`)",
    errno.EACCES: "make the folder writable",
    errno.EPERM: "make the folder writable",
    errno.EROFS: "make the folder writable",
    errno.ENOTDIR: "remove the file that stands where a folder should be",
    errno.EEXIST: "remove the file that stands where a folder should be",
    errno.EISDIR: "remove the folder that stands where a file should be",
}


class WeaverError(Exception):
    """What the weaver raises on purpose; the command line prints it and exits with 1.

    `place` is the `file:line` that it is about, empty where it is about none; as text it precedes `message`.
    """

    def __init__(self, message: str, place: object = "") -> None:
        self.place, self.message = str(place), message
        super().__init__(f"{place}: {message}" if self.place else message)


class ProjectError(WeaverError):
    """`_quarto.yml` or the parent document cannot be used."""


class DocumentError(WeaverError):
    """A `.qmd` cannot be read as prose and chunks."""


class FingerprintError(WeaverError):
    """Code cannot be analysed."""


class StoreError(WeaverError):
    """The cache folder cannot be read or written."""


class ClusterError(WeaverError):
    """The workers that CLUSTER names cannot be used."""


class CheckError(WeaverError):
    """Something is wrong that can be told before anything runs."""


class ExecutionError(WeaverError):
    """A chunk or an inline expression failed."""


class TypesetError(WeaverError):
    """The executed notebook cannot be turned into pages."""


class QuartoOnlyError(TypesetError):
    """The document has something that Quarto sets and the built-in typesetter does not."""

    def __init__(self, message: str, place: object = "") -> None:
        super().__init__(f"{message}; Quarto sets it (ENGINE=quarto)", place)


class ClaimError(WeaverError):
    """Sentences say what the results do not bear out; the report is there, and they are marked on it."""


class QuartoError(WeaverError):
    """Quarto was found but did not deliver."""


class SubmissionError(WeaverError):
    """The archive to hand in cannot be made."""


def refusal(error: OSError) -> str:
    """Say what the operating system refused, and what to do about it."""
    return f"{error.strerror or error}: {ADVICE.get(error.errno or 0, 'check the disk and its permissions')}"
