"""Statements that carry their condition: facts are stated in chunks, the words for them stay in the prose.

A chunk states facts, each with a name, and with its evidence in words for the list of claims:

    from weaver.claims import Comparison, Fact, state

    depth = Comparison("depth", low=-1.2, high=-0.3, margin=0.5, evidence="-0.8 points (-1.2 to -0.3)")
    overfits = Fact("overfits", gap > 0.1, f"the gap is {gap:.2f}")
    state(depth, overfits)

The prose chooses a wording where it stands, one for each outcome:

    It `{python} depth.words(higher="raises", lower="lowers", equal="keeps", open="may change")` the accuracy.

or has a single wording and names what it needs; `|` is between outcomes that will do, a space between facts
that are all needed:

    [The network overfits.]{.claim needs="overfits"} [Depth does not help.]{.claim needs="depth.lower|equal"}

A caption says it in the same way; the chunk option `#| needs: depth.lower` says it of caption and alternative
text together. Plain Quarto prints such sentences as they are. The build holds each to its facts: where one
does not hold, the sentence is marked on the page, and `weaver build` ends with exit code 1. See
`docs/claims.md`.
"""

from weaver.claims.facts import Comparison, Fact, Words, state

__all__ = ["Comparison", "Fact", "Words", "state"]
