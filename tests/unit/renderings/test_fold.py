"""Whatever was printed becomes one plain line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.renderings.fold import HEAD, TAIL, fold, visible


@pytest.mark.parametrize(
    ("printed", "folded"),
    [
        ("plain", "plain"),
        ("two\n  lines\t\there", "two lines here"),
        ("\u2577\n\u2502 Error: a\n\u2502 b\n\u2575", "Error: a b"),
        ("> quoted\n> mail", "quoted mail"),
        ("E       first\nE       second", "first second"),
        ("account service-7@gcp-\nsa-x.iam.gserviceaccount.com", "account service-7@gcp-sa-x.iam.gserviceaccount.com"),
        ("a list -\nnot a broken word", "a list - not a broken word"),
        ('{\\"a\\": \\"b\\\\n\\"}', '{"a": "b "}'),
        ('\\\\\\"deep\\\\\\"', '"deep"'),
        ("Permission \u2018a.b.c\u2019 and \u201cd\u201d and `e`", "Permission 'a.b.c' and \"d\" and 'e'"),
        ("&lt;Code&gt;AccessDenied&lt;/Code&gt; &#39;x&#39;", "<Code>AccessDenied</Code> 'x'"),
        ("a\\u003db \\u003c\\u0027", "a=b <'"),
    ],
)
def test_boxes_margins_escapes_entities_and_breaks_are_undone(printed: str, folded: str) -> None:
    assert fold(printed) == folded


def test_what_would_change_how_a_line_looks_is_made_visible() -> None:
    assert visible("a\u202eb\u200bc\x1b[31md\x00") == "a\ufffdb\ufffdc\ufffd[31md\ufffd"
    assert "\x1b" not in fold("red \x1b[31m alert\u202e")


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    folded = fold("begin " + "x" * 1_000_000 + " end")
    assert folded.startswith("begin ")
    assert folded.endswith(" end")
    assert len(folded) <= HEAD + TAIL + 1


@given(st.text(max_size=300))
def test_a_folded_text_is_one_printable_line(text: str) -> None:
    folded = fold(text)
    assert "\n" not in folded
    assert folded == folded.strip()
    assert "  " not in folded
    assert all(char.isprintable() or ord(char) > 127 for char in folded)
