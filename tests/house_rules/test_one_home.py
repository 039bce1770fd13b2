"""Colours and shared words stand in one place: no copy of them returns."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from code_tree import CODE_ENDINGS, CORE, ROOT

from cassia_core.look.palette import GREY, INTERFACE, LIGHTS, Theme
from cassia_core.look.wording import AGENT_NAMES, BY_HAND, LIGHT_WORDS, NO_LABEL

HOME = CORE / "look"
COLOUR = re.compile(r"(?<![\w&/])#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b|\brgba?\(\s*\d")
SHARED_WORDS = {NO_LABEL, BY_HAND, *LIGHT_WORDS.values()}


def drawn_files() -> list[Path]:
    """Every file that a colour or a word for people could stand in."""
    tops = [CORE, ROOT / "cassia_ui", ROOT / "pages"]
    files = [path for top in tops for path in top.rglob("*") if path.suffix in CODE_ENDINGS]
    return sorted([ROOT / "app.py", *(path for path in files if HOME not in path.parents)])


def copied_colours(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{path.name}:{n} {line.strip()[:80]}" for n, line in enumerate(lines, 1) if COLOUR.search(line)]


def copied_words(path: Path) -> list[str]:
    """Whole texts that are one of the shared words, in any case; sentences that hold them are no copies."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        texts = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    else:
        texts = [one or other for one, other in re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", text)]
    shared = {word.casefold() for word in SHARED_WORDS}
    return [f"{path.name}: {word}" for word in texts if isinstance(word, str) and word.casefold() in shared]


def agent_tables(path: Path) -> list[str]:
    """Dictionaries that give agents a name for people."""
    if path.suffix != ".py":
        return []
    names = {f"{role}:{name}" for role, name in AGENT_NAMES.items()}
    return [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        and names
        & {
            f"{key.value}:{value.value}"
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
        }
    ]


@pytest.mark.parametrize("copies", [copied_colours, copied_words, agent_tables])
def test_no_copy_returns(copies):
    assert [line for path in drawn_files() for line in copies(path)] == []


def test_the_checks_see_a_copy(tmp_path: Path):
    code = tmp_path / "page.py"
    code.write_text('RED = "#910523"\nWORD = "no label"\nNAMES = {"scorer": "Scorer"}\n')
    style = tmp_path / "viewer.css"
    style.write_text(".a{color:rgba(0, 0, 0, .5)} .b{content:'Look at this'}\n")
    assert len(copied_colours(code)) == len(copied_words(code)) == len(agent_tables(code)) == 1
    assert len(copied_colours(style)) == len(copied_words(style)) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_streamlit_repeats_the_palette(theme: Theme):
    """Streamlit reads its colours from a file of its own; those that mean the same are the same."""
    themes = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    set_there = {**themes, **themes.get(theme, {})}
    colours = INTERFACE[theme]
    assert {
        "primaryColor": colours["accent"],
        "backgroundColor": colours["ground"],
        "textColor": colours["text"],
        "borderColor": colours["line"],
        "greenColor": LIGHTS[theme]["high"],
        "greenBackgroundColor": colours["chip"],
        "orangeColor": LIGHTS[theme]["medium"],
        "orangeBackgroundColor": colours["orange"],
        "redColor": LIGHTS[theme]["look"],
        "redBackgroundColor": colours["red"],
        "redTextColor": colours["red_text"],
        "violetBackgroundColor": colours["violet"],
        "grayColor": GREY[theme],
    }.items() <= set_there.items()
