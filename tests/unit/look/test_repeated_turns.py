"""A turn that says the same again is found, so that it can be folded."""

from __future__ import annotations

from cassia_core.look.turn_text import repeated


def test_a_text_that_comes_again_points_to_its_first_place():
    assert repeated(["a", "b", "a", "a", "c"]) == [None, None, 0, 0, None]
