"""In a chapter's kernel: what the chapter asks of its surroundings, and the kept results that it uses.

What no analysis of its code foresees, a data file above all, becomes an input of the chapter this way. Files
asked for in vain count too: when they appear later, the chapter is stale. Kept results are no inputs, since
their keys follow from the code and the files; a chapter knows them to say what it rests on.
"""

import json
from collections.abc import Callable
from pathlib import Path

from weaver.dependencies.hooks import observe
from weaver.store import default_folder


def begin(root: Path) -> Callable[[], str]:
    """Begin to observe; what is returned tells as JSON what was observed so far."""
    observer = observe(root, default_folder(root))
    recording = observer.begin(is_process=True)

    def told() -> str:
        observer.settled(recording)
        return json.dumps(
            {
                "opened": recording.inputs,
                "used": sorted(recording.used),
                "unobserved": list(recording.unobserved),
            }
        )

    return told
