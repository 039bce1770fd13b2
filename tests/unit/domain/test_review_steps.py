"""The list of corrections: which steps stand, which name counts, which ids cells set aside get."""

from __future__ import annotations

from cassia_core.domain.review import LabelEdit, accepted, names_given, set_aside_ids, standing


def step(seq: int, action: str, *clusters: str, **more: object) -> LabelEdit:
    return LabelEdit(seq=seq, at="", action=action, clusters=clusters, **more)


def test_any_step_can_be_taken_back_and_later_ones_stay():
    steps = (
        step(1, "rename", "0", label="A"),
        step(2, "rename", "0", label="B"),
        step(3, "undo", "0", undoes=1),
    )
    assert [e.seq for e in standing(steps)] == [2]
    assert names_given(steps)["0"].label == "B"
    assert names_given((*steps, step(4, "undo", "0", undoes=2))) == {}


def test_a_label_is_accepted_until_it_changes_and_setting_cells_aside_changes_no_name():
    renamed, agreed = step(1, "rename", "0", label="A"), step(2, "accept", "0")
    aside = step(3, "split", "0", label="Unknown")
    assert names_given((renamed, agreed, aside))["0"] == renamed
    assert accepted((renamed, agreed, aside)) == {"0": agreed}
    assert accepted((renamed, agreed, step(3, "rename", "0", label="B"))) == {}


def test_ids_of_cells_set_aside_are_never_given_twice_and_never_those_of_a_cluster():
    steps = (step(1, "split", "3"), step(2, "undo", "3", undoes=1), step(3, "split", "3", "4"))
    assert set_aside_ids(steps, ()) == {
        (1, "3"): "3 (set aside 1)",
        (3, "3"): "3 (set aside 2)",
        (3, "4"): "4 (set aside 1)",
    }
    assert set_aside_ids(steps[:1], ("3 (set aside 1)",)) == {(1, "3"): "3 (set aside 2)"}
