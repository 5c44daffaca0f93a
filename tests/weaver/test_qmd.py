"""Reading a `.qmd` as prose, chunks and includes."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver import qmd
from weaver.errors import DocumentError
from weaver.qmd import Block, Chunk, Document, Include, Prose

HERE = Path("report/q1.qmd")


def parse(text: str) -> Document:
    """Parse a document without the indentation that its lines share."""
    return qmd.parse(dedent(text).lstrip("\n"), HERE)


def chunks(text: str) -> list[Chunk]:
    """Return a text's chunks."""
    return [block for block in parse(text).blocks if isinstance(block, Chunk)]


def prose(text: str) -> list[Prose]:
    """Return a text's prose."""
    return [block for block in parse(text).blocks if isinstance(block, Prose)]


def test_prose_and_chunks_come_in_order_with_their_lines() -> None:
    """Each block knows its file and line: the first line with text, or the fence."""
    blocks = parse("""
        # Title

        Text.

        ```{python}
        x = 1
        ```

        More.
        """).blocks
    assert [(type(block), str(block.place)) for block in blocks] == [
        (Prose, "report/q1.qmd:1"),
        (Chunk, "report/q1.qmd:5"),
        (Prose, "report/q1.qmd:9"),
    ]


def test_options_are_read_and_stay_in_the_source() -> None:
    """The `#|` lines are YAML, of several lines too, and the source keeps them for whoever typesets."""
    (chunk,) = chunks("""
        ```{python}
        #| label: fig-loss
        #| fig-subcap:
        #|   - Training
        #|   - Validation
        plot()
        #| echo: false
        ```
        """)
    assert chunk.options == {"label": "fig-loss", "fig-subcap": ["Training", "Validation"]}
    assert chunk.source.splitlines()[0] == "#| label: fig-loss"
    assert chunk.name == "fig-loss"


def test_a_chunk_without_a_label_is_named_by_its_line() -> None:
    """Messages can name every chunk."""
    (chunk,) = chunks("Text\n\n```{python}\nx\n```\n")
    assert chunk.name == "line 3"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("```{python}", "```"),
        ("``` {python}  ", "```  "),
        ("```{python }", "```"),
        ("```{python libraries}", "```"),
        ("```{python, first .class #id}", "```"),
        ("````{python}", "````"),
        ("```{python}", "`````"),
    ],
)
def test_fences_of_chunks(opening: str, closing: str) -> None:
    """A chunk's fence may be longer than three backticks and is closed by one at least as long."""
    (chunk,) = chunks(f"{opening}\nx = 1\n{closing}\n")
    assert chunk.source == "x = 1"


def test_a_chunk_in_a_list_loses_the_indentation_of_its_fence() -> None:
    """As in Quarto, a chunk runs also where it is indented, and its options are read."""
    first, second = chunks("""
        - item

          ```{python}
          #| label: two
          if True:
              x = 1
          ```

        1.  item

            ```{python}
            y = 1
            ```
        """)
    assert (first.name, first.source) == ("two", "#| label: two\nif True:\n    x = 1")
    assert (second.source, second.place.line) == ("y = 1", 11)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx\n```",
        "```{.python}\nx\n```",
        "```{=typst}\n#x\n```",
        "```{{python}}\nx\n```",
        "~~~{python}\nx\n~~~",
        "````\n```{python}\nx\n```\n````",
        "~~~\n```{python}\nx\n~~~",
        "```\n~~~\n```{python}\n```",
        "Not ```{python}` a fence.",
        "``` a`` ``` and more",
        "    ```\n    {{< include x.qmd >}}\n    ```",
    ],
)
def test_what_only_looks_like_a_chunk_is_prose(text: str) -> None:
    """Verbatim blocks, Quarto's escape and raw blocks are printed, not run."""
    (block,) = qmd.parse(text, HERE).blocks
    assert isinstance(block, Prose)
    assert block.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Text\n\n```{python}\nx = 1\n", "report/q1.qmd:3: the code fence that opens here is never closed"),
        ("```{python}\nx = 1\n``\n", "report/q1.qmd:1: the code fence"),
        ("````{python}\n```\n", "report/q1.qmd:1: the code fence"),
        ("\n~~~\nx\n```\n", "report/q1.qmd:2: the code fence"),
        ("# A\n```{r}\nx\n```", "report/q1.qmd:2: expected a {python} chunk, found {r}"),
        ("```{python, echo=FALSE}\nx\n```", "report/q1.qmd:1: expected '{python}' alone"),
        ("\n```{python}\n#| label: a\n#| cap: b: c\n```", "report/q1.qmd:4: invalid YAML"),
        ("\n```{python}\n#| label: [a\nx\n```", "report/q1.qmd:3: invalid YAML"),
        ("```{python}\n#| only words\n```", "report/q1.qmd:2: expected 'key: value' lines"),
        ("```{python}\n#| label: \x07\n```", "report/q1.qmd:2: invalid YAML"),
        ("---\ntitle: A\n", "report/q1.qmd:1: the YAML block"),
        ("---\na: 1\nb: c: d\n---\n", "report/q1.qmd:3: invalid YAML"),
        ("---\n- a\n---\n", "report/q1.qmd:2: expected 'key: value' lines"),
    ],
)
def test_errors_name_file_and_line(text: str, message: str) -> None:
    """Whatever cannot be read is told with the line where the author must look."""
    with pytest.raises(DocumentError) as caught:
        qmd.parse(text, HERE)
    assert message in str(caught.value)


def test_inline_expressions_know_where_they_stand() -> None:
    """An expression has its own line and the bounds of what its value replaces."""
    (block,) = prose("""
        First `{python} a + 1` and `{python} b['x']`,

        then `{python} f(
        2)`.
        """)
    assert [inline.expression for inline in block.inlines] == ["a + 1", "b['x']", "f( 2)"]
    assert [inline.place.line for inline in block.inlines] == [1, 1, 3]
    for inline in block.inlines:
        assert block.text[inline.start : inline.end].startswith("`{python} ")
        assert block.text[inline.start : inline.end].endswith("`")


@pytest.mark.parametrize(
    "text",
    [
        "`` `{python} x` ``",
        "`{{python}} x`",
        "``{python} x``",
        "```\n`{python} x`\n```",
        "~~~ markdown\n`{python} x`\n~~~",
        "- a\n\n      ```\n      `{python} x`\n      ```",
        "`{python}`",
        "`python x`",
        "a <!-- `{python} x` --> b",
        "<!-- a\n\n`{python} x`\n\n```{python}\nx\n```\n-->",
    ],
)
def test_verbatim_code_is_not_evaluated(text: str) -> None:
    """A report can show an inline expression without running it."""
    assert [block.inlines for block in prose(text)] == [()]


def test_expressions_around_verbatim_code_are_evaluated() -> None:
    """A fence or a code span hides what is in it and nothing else."""
    (block,) = prose("""
        `{python} a` `` `{python} no` `` `{python} b`
        ```
        `{python} no`
        ```
        `{python} c`
        ```
        `{python} no`
        ```
        `<!--` `{python} d` <!-- no --> `{python} e`
        """)
    assert [inline.expression for inline in block.inlines] == ["a", "b", "c", "d", "e"]


def test_a_chunk_behind_a_comment_runs() -> None:
    """What only looks like the beginning of one hides nothing."""
    text = """
        <!-- a comment --> `<!--`

        <!-- never closed

        ```{python}
        x
        ```
        """
    assert [type(block) for block in parse(text).blocks] == [Prose, Chunk]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_newlines_byte_order_mark_and_last_newline_do_not_count(
    tmp_path: Path, newline: str, mark: str, end: str
) -> None:
    """Files from any editor read the same."""
    lines = ["---", "title: A", "---", "", "Text", "", "```{python}", "#| label: a", "x = 1", "```"]
    (tmp_path / "a.qmd").write_bytes((mark + newline.join(lines) + (newline if end else "")).encode())
    read = qmd.read_document(Path("a.qmd"), root=tmp_path)
    assert read.metadata == {"title": "A"}
    text, chunk = read.blocks
    assert isinstance(text, Prose)
    assert isinstance(chunk, Chunk)
    assert (text.text, text.place.line) == ("Text", 5)
    assert (chunk.source, chunk.name, chunk.place.line) == ("#| label: a\nx = 1", "a", 7)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """The message says which byte is wrong and where."""
    (tmp_path / "a.qmd").write_bytes("Größe".encode("latin-1"))
    with pytest.raises(DocumentError, match=r"a\.qmd:1: expected UTF-8 text, found byte 0xf6"):
        qmd.read_document(Path("a.qmd"), root=tmp_path)


def write(root: Path, **files: str) -> None:
    """Write documents into the folder `report`."""
    (root / "report" / "sub").mkdir(parents=True)
    for name, text in files.items():
        (root / "report" / f"{name.replace('__', '/')}.qmd").write_text(text)


def expand(root: Path, name: str) -> tuple[Prose | Chunk, ...]:
    """Read a document with everything it includes."""
    return qmd.expand(qmd.read_document(Path(name), root=root), root=root)


def test_includes_are_put_in_place_however_deep(tmp_path: Path) -> None:
    """Paths count from the including file, and each block keeps the place in its own file."""
    write(
        tmp_path,
        a="Above\n\n{{< include sub/b.qmd >}}\n\nBelow\n",
        sub__b="{{< include ../c.qmd >}}\n\n```{python}\nx\n```\n",
        c="\nDeep\n",
    )
    blocks = expand(tmp_path, "report/a.qmd")
    assert [str(block.place) for block in blocks] == [
        "report/a.qmd:1",
        "report/c.qmd:2",
        "report/sub/b.qmd:3",
        "report/a.qmd:5",
    ]


def test_an_include_in_verbatim_code_is_left(tmp_path: Path) -> None:
    """A report can show the shortcode."""
    write(tmp_path, a="```\n{{< include missing.qmd >}}\n```\n")
    assert len(expand(tmp_path, "report/a.qmd")) == 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": "\n{{< include b.qmd >}}"}, "report/a.qmd:2: the included file report/b.qmd is missing"),
        (
            {"a": "{{< include b.qmd >}}", "b": "Text\n\n{{< include sub/../a.qmd >}}"},
            "report/b.qmd:3: files include each other in a circle:"
            " report/a.qmd → report/b.qmd → report/a.qmd",
        ),
        ({"a": "{{< include a.qmd >}}"}, "report/a.qmd:1: files include each other in a circle"),
        (
            {"a": "{{< include b.qmd >}}", "b": "---\ntitle: B\n---\n"},
            "report/b.qmd:1: expected no YAML block in an included file",
        ),
    ],
)
def test_includes_that_cannot_be_used(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """A missing file, a circle and a part that would take over the title are errors with a place."""
    write(tmp_path, **files)
    with pytest.raises(DocumentError) as caught:
        expand(tmp_path, "report/a.qmd")
    assert message in str(caught.value)


PIECES = st.sampled_from(
    [
        "# Heading",
        "A paragraph with `{python} a` in it.",
        "Trailing space  ",
        "```\nverbatim\n\n```",
        "~~~~\n```{python}\n~~~~",
        "- list\n\n  ```{.r}\n  x\n  ```",
        "```{python}\n#| label: a\n\nx = 1\n\n```",
        "````{python}\n```\n````",
        "{{< include b.qmd >}}",
        "",
        "   ",
        "\u2028 \x0c odd separators",
    ]
)


def lines_of(block: Block) -> list[str]:
    """Write a block as it stood in its document."""
    match block:
        case Prose():
            return block.text.split("\n")
        case Include():
            return [f"{{{{< include {block.path.relative_to('report').as_posix()} >}}}}"]
    fence = "````" if "```" in block.source else "```"
    return [f"{fence}{{python}}", *block.source.split("\n"), fence]


@given(st.lists(PIECES, max_size=12), st.integers(1, 3))
def test_joined_blocks_lose_nothing_but_blank_edges(pieces: list[str], blank_lines: int) -> None:
    """Written back line by line at their places, the blocks give the document."""
    text = ("\n" * blank_lines).join(pieces)
    found = [""] * (text.count("\n") + 1)
    for block in qmd.parse(text, HERE).blocks:
        lines = lines_of(block)
        start = block.place.line - 1
        found[start : start + len(lines)] = lines
    assert [line.rstrip() for line in found] == [line.rstrip() for line in text.split("\n")]
