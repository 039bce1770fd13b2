"""Every lesson can be taught: its form, its facts on the real cells, its words, its answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cassia_core.errors import InputError
from cassia_core.lessons import checking, progress, reading
from cassia_core.lessons.cells import LEVELS, marker_list
from cassia_core.look.student_words import WORDS
from cassia_core.services.lessons import lessons

IDS = reading.lesson_ids()


@pytest.mark.parametrize("name", IDS)
def test_a_lesson_has_nothing_wrong(name):
    assert checking.problems_of(reading.read_lesson(name), lessons.facts()) == ()


def test_the_first_lesson_fills_a_class_hour():
    assert 40 <= reading.read_lesson(IDS[0]).minutes <= 50


def test_the_check_sees_a_wrong_answer_an_unknown_fact_and_an_unknown_word():
    lesson = reading.read_lesson("cells")
    step = lesson.steps[0]
    turned = tuple(replace(o, right=o.text == "Dendritic") for o in step.questions[0].options)
    broken = replace(
        step, text="{no_such_fact} [[no such word]]", questions=(replace(step.questions[0], options=turned),)
    )
    found = " ".join(checking.problems_of(replace(lesson, steps=(broken, broken)), lessons.facts()))
    for part in ("no_such_fact", "no such word", "'Dendritic' right", "is used 2 times"):
        assert part in found


def test_counts_follow_from_the_file_to_a_tenth_of_a_molecule():
    cells = lessons.cells()
    totals = cells.about["n_counts"].to_numpy(dtype=float)[:, None]
    exact = np.expm1(cells.values.astype(float)) * totals / 10_000
    assert np.abs(exact - cells.counts).max() < 0.1
    assert (cells.counts.sum(axis=1) < cells.about["n_counts"]).all()


def test_what_the_texts_rest_on_holds_in_the_cells():
    """Sentences without a number: which levels hide and part, which label is wrong, what parts cluster 1."""
    cells, facts = lessons.cells(), lessons.facts()
    assert facts["low_holds_both"] == "yes"
    assert [cells.clusters[level].nunique() for level in LEVELS] == sorted(
        cells.clusters[level].nunique() for level in LEVELS
    )
    seen = {gene: cells.counts_of(gene) > 0 for gene in ("CD3D", "MS4A1", "CST3", "GNLY", "LYZ")}
    assert (
        seen["MS4A1"][cells.in_cluster("6")].mean() < 0.05 < 0.9 < seen["MS4A1"][cells.in_cluster("5")].mean()
    )
    assert seen["CST3"][cells.in_cluster("6")].mean() > 0.9
    assert 0.5 < seen["CD3D"][cells.in_cluster("1")].mean() < 0.9 < seen["CD3D"][cells.in_cluster("2")].mean()
    for gene, cluster in (("CD3D", "2"), ("LYZ", "0")):
        inside = cells.in_cluster(cluster)
        assert seen[gene][inside].mean() > 0.9
    assert "CD14" not in cells.genes


@pytest.mark.parametrize(
    ("cluster", "word"),
    [
        ("0", "monocyte"),
        ("2", "T cell"),
        ("3", "dendritic cell"),
        ("4", "lasma"),
        ("5", "B cell"),
        ("6", "dendritic"),
    ],
)
def test_the_engine_says_of_the_lesson_s_clusters_what_the_lesson_teaches(cluster, word):
    assert word.casefold() in lessons.engine_says(cluster).name.casefold()


def test_the_engine_is_less_sure_of_the_impure_cluster():
    assert lessons.engine_says("1").share < 0.9 < lessons.engine_says("5").share
    assert set(lessons.engine_says("1").genes) & set(lessons.engine_says("1").rival_genes)


def test_a_list_is_ranked_by_the_difference_of_shares():
    genes = marker_list(lessons.cells(), "5").genes
    differences = [g.pct_in - g.pct_out for g in genes if g.pct_in is not None and g.pct_out is not None]
    assert len(differences) == 50 and differences == sorted(differences, reverse=True)
    assert genes[0].gene == "MS4A1"


def test_progress_comes_back_and_counts_every_other_try(tmp_path):
    lesson = reading.read_lesson("cells")
    question = lesson.steps[0].questions[0]
    done = lessons.load_progress(lesson, tmp_path)
    for chosen in ("Dendritic", "Dendritic", "CD14+ Monocyte"):
        done = lessons.answer(done, question, chosen)
    done = lessons.record_work(done, 0, least_genes="1,050")
    lessons.save_progress(replace(done, step=99), tmp_path)
    back = lessons.load_progress(lesson, tmp_path)
    assert back.step == len(lesson.steps) - 1
    assert back.answers[question.id].chosen == ("Dendritic", "CD14+ Monocyte")
    assert back.answers[question.id].right
    assert not progress.is_done(lesson.steps[0], 0, back)
    full = lessons.answer(back, lesson.steps[0].questions[1], lesson.steps[0].questions[1].options[0].text)
    assert progress.is_done(lesson.steps[0], 0, full)


def test_the_page_to_take_home_holds_what_was_said_and_runs_no_script_of_a_learner(tmp_path):
    lesson = reading.read_lesson("cells")
    done = lessons.answer(lessons.load_progress(lesson, tmp_path), lesson.steps[0].questions[0], "Dendritic")
    done = lessons.record_work(done, 8, because="<script>alert(1)</script> IRF8")
    page = lessons.answers_page(lesson, done, "<img src=x onerror=alert(1)>")
    assert "Dendritic" in page and "Not yet right" in page and "IRF8" in page
    assert "<script" not in page and "<img" not in page and "http" not in page


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no settings", "+++"),
        ("+++\ntitle = \n+++\n", "TOML"),
        ("+++\ntitle = 'a'\n+++\n", "minutes"),
        ("+++\ntitle='a'\nminutes=1\nactivity='dance'\n+++\n", "dance"),
    ],
)
def test_a_file_in_another_form_is_refused_with_its_name_and_the_reason(tmp_path, text, word):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "lesson.toml").write_text("title='t'\nsummary='s'\ngoals=['g']\n")
    (folder / "01_step.md").write_text(text)
    with pytest.raises(InputError) as refused:
        reading.read_lesson("mine", tmp_path)
    assert word in str(refused.value) and "mine/01_step.md" in str(refused.value)


def test_a_lesson_id_that_leaves_the_folder_is_no_lesson(tmp_path):
    with pytest.raises(InputError):
        reading.read_lesson("../../look", reading.CONTENT)


def test_words_are_explained_shortly():
    assert max(map(len, WORDS.values())) <= 170
