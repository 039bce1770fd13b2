"""The page Learn: every step of every lesson is done, with wrong answers first."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain.learning.lesson import Lesson, Step
from cassia_core.services.lessons import lessons


def opened(lesson_id: str = "") -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90).run()
    at.switch_page("pages/learn.py")
    if lesson_id:
        at.query_params["lesson"] = lesson_id
    return healthy(at.run())


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert "could not be drawn" not in words(at), words(at)
    return at


def words(at: AppTest) -> str:
    kinds = ("markdown", "title", "subheader", "caption", "success", "warning")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(at, kind)).replace("\\", "")


def press(at: AppTest, label: str) -> AppTest:
    found = [b for b in at.button if b.label.startswith(label)]
    assert found, f"no button {label!r} among {[b.label for b in at.button]}"
    return healthy(found[0].click().run())


def keyed(at: AppTest, kind: str, end: str):
    found = [w for w in at.get(kind) if str(w.key).endswith(end)]
    assert found, f"no {kind} {end!r}"
    return found[0]


def answer_all(at: AppTest, lesson: Lesson, step: Step) -> AppTest:
    """Choose a wrong answer first and read what is said to it, then the right one."""
    for question in step.questions:
        for option in sorted(question.options, key=lambda o: o.right)[-2:]:
            key = f"learn_{lesson.id}_{question.id}"
            at.radio(key=key).set_value(lessons.text_of(option.text))
            if at.button(key=f"{key}_check").disabled:  # until something is chosen
                at = at.run()
            at = healthy(at.button(key=f"{key}_check").click().run())
            assert lessons.text_of(option.feedback) in words(at)
            assert ("Not yet" in words(at)) is not option.right or len(step.questions) > 1
    return at


def cut(at, step):
    at = healthy(keyed(at, "slider", "_genes").set_value(1200).run())
    assert f"**{lessons.facts()['strict_keeps']} of 700 cells stay**" in words(at)
    return press(at, "Keep these limits")


def normalise(at, step):
    return healthy(at.button_group[0].set_value("Normalised, log").run())


def cluster(at, step):
    assert next(b for b in at.button if b.label.startswith("Choose")).disabled
    for level in ("0.4", "2.0"):
        at = healthy(at.button_group[0].set_value(level).run())
    assert f"**{lessons.facts()['clusters_high']} clusters**" in words(at)
    return press(at, "Choose 2.0")


def mark(at, step):
    at = press(keyed(at, "selectbox", "_gene").set_value("CD74").run(), "CD74 marks")
    assert "Look for" in words(at) or "several kinds share" in words(at)
    return press(keyed(at, "selectbox", "_gene").set_value("MS4A1").run(), "MS4A1 marks")


def name(at, step):
    engine = lessons.engine_says(step.clusters[0]).genes[0]
    assert "Offline engine" not in str([t.value for t in at.table]), engine
    assert next(b for b in at.button if b.label.startswith("Open the engine")).disabled
    for place in step.clusters:
        at = keyed(at, "selectbox", f"_name_{place}").set_value("Dendritic cell").run()
    at = press(at, "Open the engine")
    assert "Offline engine" in str([list(t.value.columns) for t in at.table])
    return at


def read(at, step):
    for place in step.clusters[1:]:
        at = healthy(at.button_group[0].set_value(place).run())
    return at


def suspect(at, step):
    at = press(at, "The label of cluster 0 is wrong")
    assert "carry this label" in words(at)
    at = healthy(at.button_group[0].set_value(step.wrong_label).run())
    return press(at, f"The label of cluster {step.wrong_label} is wrong")


def part(at, step):
    for gene, said in (("NKG7", "what they share"), ("CD8A", "often missed"), ("CD3D", "Yes: ")):
        at = press(keyed(at, "selectbox", "_gene").set_value(gene).run(), f"{gene} parts")
        assert said in words(at)
    return at


def correct(at, step):
    for new in ("T cell", "Dendritic cell"):
        at = keyed(at, "selectbox", "_new").set_value(new).run()
        at = press(keyed(at, "text_input", "_why").set_value("IRF8 and CST3").run(), "Correct the label")
        assert ("Corrected" in words(at)) is (new == "Dendritic cell")
    return at


WORK = {
    "": lambda at, step: at,
    "quality": cut,
    "normalise": normalise,
    "resolution": cluster,
    "marker": mark,
    "name": name,
    "evidence": read,
    "suspect": suspect,
    "impure": part,
    "correct": correct,
    "report": lambda at, step: at,
}


@pytest.mark.parametrize("lesson", lessons.all_lessons(), ids=lambda lesson: lesson.id)
def test_a_learner_does_every_step_wrong_answers_too(lesson):
    at = opened(lesson.id)
    for place, step in enumerate(lesson.steps):
        assert step.title in words(at)
        at = answer_all(WORK[step.activity](at, step), lesson, step)
        kept = lessons.steps_done(lesson, lessons.load_progress(lesson))
        assert kept[place] is (step.activity != "report"), step.title
        if place + 1 < len(lesson.steps):
            at = press(at, "Next")
    page = lessons.answers_page(lesson, lessons.load_progress(lesson), "Ada")
    assert "Not answered" not in page and "tries" in page


def test_the_list_names_goals_and_time_and_a_lesson_goes_on_where_it_was_left():
    at = opened()
    first = lessons.all_lessons()[0]
    assert first.goals[0] in words(at) and f"About {first.minutes} minutes" in words(at)
    press(press(at, "Begin"), "Next")
    again = opened(first.id)
    assert f"Step 2 of {len(first.steps)}" in words(again)
    assert first.steps[1].title in words(press(again, "2. "))
    assert f"Step 1 of {len(first.steps)}" in words(press(again, "Begin anew"))
