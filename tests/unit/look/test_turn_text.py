"""Turns are shown in words, and nothing of them is lost when they are cut at genes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cassia_core.look.turn_text import cut_at_genes, readable


def test_a_machine_block_becomes_a_list_and_the_verdict_line_is_left_out():
    block = '{"general": "B cell", "subtypes": ["naive", "memory"], "score": 0, "odd": 1}'
    text = f"It is a B cell.\n```json\n{block}\n```\nVALIDATION PASSED"
    assert (
        readable(text)
        == "It is a B cell.\nGeneral type: B cell\nDetailed, most likely first: naive, memory\nScore: 0"
    )


def test_a_block_that_is_no_object_is_shown_as_it_is():
    assert readable("a\n```json\n[1]\n```") == "a\n[1]" and readable("b\n```\nnot json\n```") == "b\nnot json"


def test_only_whole_words_are_genes():
    pieces = cut_at_genes("CD3D, CD3D+ and HLA-DRA; not CD3DX.", frozenset({"CD3D", "HLA-DRA"}))
    assert [text for text, is_gene in pieces if is_gene] == ["CD3D", "CD3D", "HLA-DRA"]


@given(st.text(max_size=60))
def test_the_pieces_of_a_text_are_the_whole_text(text):
    assert "".join(piece for piece, _ in cut_at_genes(text, frozenset({"A", "CD3D"}))) == text


def test_a_reply_that_is_nothing_but_its_block_shows_its_reasoning():
    assert (
        readable('{"reasoning": "CD19 is there.", "general": "B cell"}')
        == "CD19 is there.\nGeneral type: B cell"
    )
    assert readable('```json\n{"reasoning": "Fine.", "passed": true, "score": 88}\n```') == "Fine.\nScore: 88"
