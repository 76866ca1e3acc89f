"""What anybody may have written is shown as it is, and as nothing else."""

from __future__ import annotations

import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.render.plain import code, escaped, name, shown

TEXTS = st.text() | st.text(alphabet="&<>@!#|`*_~:\u202e\u200b\ufe0f\u0301 a\n")


@pytest.mark.hazard("H16")
@pytest.mark.invariant("I25")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain words", "plain words"),
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("<https://evil.example|the console>", "&lt;https://evil.example|the console&gt;"),
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("abc\u202egnp.exe", "abc[U+202E]gnp.exe"),
        ("zero\u200bwidth\u2060here\ufeff", "zero[U+200B]width[U+2060]here[U+FEFF]"),
        ("\u3164\u2800x\ufe0f", "[U+3164][U+2800]x[U+FE0F]"),
        ("bell\x07 null\x00 half\ud800", "bell[U+0007] null[U+0000] half[U+D800]"),
        ("e" + "\u0301" * 5, "e\u0301\u0301[U+0301][U+0301][U+0301]"),
        ("Zoë Ångström 東京", "Zoë Ångström 東京"),
    ],
)
def test_nothing_is_markup_and_nothing_is_hidden(text: str, told: str) -> None:
    assert escaped(text, 300) == told


@pytest.mark.hazard("H13")
def test_a_name_that_looks_like_another_one_does_not_look_like_it_any_more() -> None:
    assert name("\u0430dmin@example.com", 100) == "[U+0430]dmin@example.com"


@pytest.mark.hazard("H16")
def test_nothing_ends_a_block_of_code() -> None:
    assert code("a```<!here>", 100) == "a[U+0060][U+0060][U+0060]&lt;!here&gt;"


@pytest.mark.hazard("H16")
def test_a_text_is_cut_before_it_is_escaped_so_that_no_entity_is_cut_in_two() -> None:
    assert escaped("&" * 10, 21) == "&amp;" * 4 + "…"
    assert escaped("&" * 4, 20) == "&amp;" * 4


@given(TEXTS, st.integers(min_value=1, max_value=60))
def test_whatever_the_text_it_fits_and_holds_no_control_character_of_slack(text: str, most: int) -> None:
    told = escaped(text, most)
    assert len(told) <= most
    bare = told.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(bare) & set("&<>\n")
    assert not [char for char in told if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@given(st.text(), st.text())
def test_two_texts_that_differ_in_what_is_hidden_look_different(one: str, other: str) -> None:
    if shown(one) == shown(other):
        assert [one.split()] == [other.split()] or "[U+" in one + other


@given(TEXTS)
def test_what_fits_is_all_there(text: str) -> None:
    assert html.unescape(escaped(text, 100_000)) == shown(text) or "&" in text
