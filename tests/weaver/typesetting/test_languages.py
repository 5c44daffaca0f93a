"""The words and dates of a report, in its language."""

from datetime import date
from typing import Any

import pytest

from weaver.typesetting import languages
from weaver.typesetting.notices import Noticed

SEPTEMBER = date(2021, 9, 6)
FIGURE = {  # figure, section, contents, note and the date, as a Quarto set to the language printed them
    "en": "Figure Section|Table of contents|Note|September 6, 2021",
    "en-GB": "Figure Section|Table of contents|Note|6 September 2021",
    "de": "Abbildung Kapitel|Inhaltsverzeichnis|Hinweis|6. September 2021",
    "de-AT": "Abbildung Kapitel|Inhaltsverzeichnis|Hinweis|6. September 2021",
    "fr": "Figure Section|Table des matières|Note|6 septembre 2021",
    "es": "Figura Sección|Tabla de contenidos|Nota|6 de septiembre de 2021",
    "it": "Figura Sezione|Indice|Nota|6 settembre 2021",
    "nl": "Figuur Paragraaf|Inhoudsopgave|Opmerking|6 september 2021",
    "pt": "Figura Seção|Índice|Nota|6 de setembro de 2021",
    "pt-BR": "Figura Seção|Índice|Nota|6 de setembro de 2021",
    "pl": "Rysunek Sekcja|Spis treści|Adnotacja|6 września 2021",
    "cs": "Obrázek Sekce|Obsah|Poznámka|6. září 2021",
    "sv": "Figur Avsnitt|Innehållsförteckning|Notera|6 september 2021",
    "da": "Figur Sektion|Indholdsfortegnelse|Note|6. september 2021",
    "fi": "Kuva Alaluku|Sisällysluettelo|Huomautus|6. syyskuuta 2021",
    "ja": "図 セクション|目次|ノート|2021年9月6日",
    "zh": "图 小节|目录|注记|2021年9月6日",
    "zh-TW": "圖 節|目錄|註釋|2021年9月6日",
    "nb": "Figur Seksjon|Innholdsfortegnelse|Note|6. september 2021",
}


@pytest.mark.parametrize("tag", FIGURE)
def test_words_are_those_of_quarto(tag: str) -> None:
    """Both engines print the same words, whether Pandoc ships them or not."""
    metadata = {"lang": tag}
    words = languages.words_of_language(metadata)
    figure = f"{words['crossref-fig-title']} {words['crossref-sec-prefix']}"
    rest = [words["toc-title-document"], words["callout-note-title"], languages.dated(SEPTEMBER, metadata)]
    assert "|".join(map(str, [figure, *rest])) == FIGURE[tag]


@pytest.mark.parametrize(
    ("written", "tag", "parts"),
    [
        (None, "en", ("en", "")),
        ("no", "no", ("no", "")),
        ("de_AT.UTF-8", "de-AT", ("de", "AT")),
        ("ZH-hant-tw", "zh-Hant-TW", ("zh", "TW")),
        ("sr-Latn", "sr-Latn", ("sr", "")),
        ("german", "en", ("en", "")),
        (False, "en", ("en", "")),
    ],
)
def test_any_spelling_of_a_tag(written: object, tag: str, parts: tuple[str, str]) -> None:
    """Typst takes a language of two or three letters and a region of two, and stops at anything else."""
    assert languages.tag_of({"lang": written}) == tag
    assert languages.parts(tag) == parts


def test_norwegian_and_traditional_chinese_are_known_by_their_other_names() -> None:
    """`no` means what `nb` says, and a script says which Chinese is meant."""
    for one, other in (("no", "nb"), ("zh-Hant-HK", "zh-TW"), ("zh-CN", "zh")):
        assert languages.words_of_language({"lang": one}) == languages.words_of_language({"lang": other})


def test_a_document_has_words_of_its_own() -> None:
    """`language` has words for all languages and for one; those for one come first."""
    own = {"crossref-fig-title": "Pic", "de": {"crossref-fig-title": "Bild"}, "fr": {"code-summary": "Ici"}}
    words = languages.words_of_language({"lang": "de", "language": own})
    assert (words["crossref-fig-title"], words["code-summary"]) == ("Bild", "Code")
    assert languages.words_of_language({"language": own})["crossref-fig-title"] == "Pic"


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"lang": "xx"}, "a.yml:3: lang: the words of 'xx' are not known: they are in English"),
        (
            {"lang": "hr"},
            "a.yml:3: lang: the words of 'hr' are not known: they are in English, but for Sad",
        ),
        ({"lang": "german"}, "a.yml:3: lang: expected a tag such as 'de', found 'german': English is used"),
        ({"lang": "de-CH"}, ""),
        ({}, ""),
    ],
)
def test_one_line_tells_of_a_language_that_is_not_known(metadata: dict[str, Any], said: str) -> None:
    """What is in English then is said once; a known language is no news."""
    noticed = Noticed()
    languages.check_language(metadata, "a.yml:3", noticed)
    assert len(noticed.lines()) == bool(said)
    assert said in "".join(noticed.lines())


@pytest.mark.parametrize(
    ("tag", "style", "printed"),
    [
        ("en", "full", "Monday, September 6, 2021"),
        ("en-GB", "short", "06/09/2021"),
        ("en", "MMMM Do, YYYY", "September 6th, 2021"),
        ("en", "ddd D MMM YY", "Mon 6 Sep 21"),
        ("de", "[Berlin, den] D. MMMM YYYY", "Berlin, den 6. September 2021"),
        ("de", "DD.MM.YYYY", "06.09.2021"),
        ("de", "iso", "2021-09-06"),
        ("de", "full", None),
        ("de", "dddd", None),
        ("hr", "long", "2021-09-06"),
        ("hr", "MMMM", None),
        ("en", "HH:mm", None),
    ],
)
def test_dates_as_asked_for(tag: str, style: str, printed: str | None) -> None:
    """Quarto's styles and patterns hold as far as the names are known; no date is half in English."""
    assert languages.dated(SEPTEMBER, {"lang": tag}, style) == printed
