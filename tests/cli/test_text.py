"""What came from outside is made fit for a terminal; any text at all."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcwidth

from ailoop.cli.show import clip
from ailoop.cli.text import clean, one_line, print_json

ESC, BEL, CSI, OSC, ST = "\x1b", "\x07", "\x9b", "\x9d", "\x9c"

_pieces = st.sampled_from(
    [
        *(ESC, f"{ESC}[", f"{ESC}]", "0;", "31m", "2J", BEL, f"{ESC}\\", CSI, OSC, ST, "\x90"),
        *("\r", "\u202e", "\u2066", "\u200b", "\n", "\t", "\x7f", "\u2028", "word", "é", "好"),
    ]
)
texts = st.one_of(st.text(st.characters(exclude_categories=[])), st.lists(_pieces).map("".join))


def acts_on_a_terminal(char: str) -> bool:
    """Whether a character is a control, a format or half of one, or ends a line oddly."""
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def cells(text: str) -> int:
    """Return how many cells of a terminal the characters take, one by one."""
    return sum(max(wcwidth(char), 0) for char in text)


@given(texts)
@example(f"{ESC}]0;title{BEL}x{ESC}[31mred{CSI}2J{OSC}8;;u{ST}")
def test_nothing_that_a_terminal_acts_on_is_left(text: str) -> None:
    """No control character but the line's end, no direction override, nothing invisible."""
    assert not any(map(acts_on_a_terminal, clean(text)))


@given(texts)
def test_cleaning_again_changes_nothing(text: str) -> None:
    """A cleaned text holds no sequence that only shows after the first pass."""
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Letters of any script, marks, symbols and spaces are a person's words."""
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"a{ESC}[1;31mb{ESC}[0mc", "abc"),
        (f"rm -rf {ESC}]0;/home{BEL}", "rm -rf ]0;/home"),
        (f"a{ESC}]8;;http://evil{ESC}\\link", "a]8;;http://evil\\link"),
        (f"a{OSC}0;title{ST}b", "a0;titleb"),
        (f"a{ESC}[2Jb{CSI}2J", "a[2Jb2J"),
        ("safe\rfake", "safefake"),
        ("a\r\nb", "a\nb"),
        ("abc\b\b\bxyz", "abcxyz"),
        ("user\u202egnp.exe", "usergnp.exe"),
        (f"{ESC}c{ESC}7x", "c7x"),
    ],
)
def test_known_tricks(text: str, seen: str) -> None:
    """What would colour, overwrite, reverse or hide a text leaves all of it readable."""
    assert clean(text) == seen


@given(texts)
def test_one_line_is_one_line(text: str) -> None:
    """Whatever separates lines becomes a space."""
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=["C", "Z"])), st.integers(1, 30))
def test_a_clipped_text_fits(text: str, width: int) -> None:
    """No line is wider than the terminal, and a shorter text is not touched."""
    clipped = clip(text, width)
    assert cells(clipped) <= width
    if cells(text) <= width:
        assert clipped == text
    assert clipped == text or text.startswith(clipped.removesuffix("…"))


@given(texts)
def test_json_is_harmless_and_equal(text: str) -> None:
    """Printed JSON holds no control character, and reads back as what was to be printed."""
    if any(unicodedata.category(char) == "Cs" for char in text):
        return  # half a character is no JSON to begin with
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("click.echo", lines.append)
        print_json({"text": text})
    (line,) = lines
    assert not any(map(acts_on_a_terminal, line))
    assert json.loads(line) == {"text": text}
