"""What a model thought aloud is told from what it answered."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES = (
    r"(?:ant_?)?think(?:ing)?|thoughts?|thought_process|reason(?:ing)?|reflect(?:ion)?|scratch_?pad|analysis|"
    r"(?:inner|internal)_monologue|(?:chain_of_thought|cot)|deliberation|"
    r"(?:seed|longcat)[:_](?:think|cot_budget_reflect)"
)
_OPEN = "|".join(
    (
        rf"<\s*(?:{_NAMES})(?:\s[^<>]*)?>",
        r"\[THINK(?:ING)?\]",
        r"◁think▷",
        r"<\|(?:begin_of_thought|start_thinking|thinking|inner_prefix)\|>",
        r"<unused94>",
        r"<details type=\"?reasoning\"?[^<>]*>",
        r"<!--",
    )
)
_CLOSE = "|".join(
    (
        rf"<\s*/\s*(?:{_NAMES})\s*>",
        r"\[/THINK(?:ING)?\]",
        r"◁/think▷",
        r"<\|(?:end_of_thought|end_thinking|/thinking|inner_suffix)\|>",
        r"<unused95>",
        r"</details>",
        r"-->",
    )
)
_NEED_AN_OPENING = ("</details>", "-->")
"""These close ordinary folded text and comments, or are arrows: without their opening they say nothing."""
_MARK = re.compile(f"(?P<open>{_OPEN})|(?P<close>{_CLOSE})", re.IGNORECASE)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<name>\w+)(?P<call>(?:(?!<\|(?:channel|message|end)\|>).){0,200})<\|message\|>",
    re.IGNORECASE | re.DOTALL,
)
"""Between the channel's name and its text may stand whom it speaks to and which form it keeps."""
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>", re.IGNORECASE)
_BARE_CHANNELS = re.compile(r"\A\s*analysis(?=[A-Z\s{]).*assistant\s*final", re.DOTALL)
"""Harmony's channels where a server dropped the marks between them and left their names."""
_MARKS_OF_TEMPLATES = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]|<[be]os>", re.IGNORECASE
)
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad\u200e\u200f"))


@dataclass(frozen=True, slots=True)
class Shares:
    """A reply in two: what it `says`, and what was `thought` and is no part of the answer.

    A thought that never ended is in neither: the model was still at it.
    """

    says: str
    thought: str


def shares(text: str) -> Shares:
    """Tell the answer from the thoughts by the marks that models set, whatever the family.

    Knows tags such as `<think>` or `<seed:think>`, `[THINK]`, `◁think▷`, harmony's channels and Gemma's
    unused tokens. A closing mark without an opening one ends a thought that began with the reply: chat
    templates often write the opening mark themselves.
    """
    text = text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    says, thought = _by_channels(text)
    said, aloud = _by_marks(says)
    return Shares(
        says=_MARKS_OF_TEMPLATES.sub("", said), thought=_MARKS_OF_TEMPLATES.sub("", thought + aloud)
    )


def _by_channels(text: str) -> tuple[str, str]:
    """Harmony: only the channel called final is the answer, or where there is none, a call of a function.

    Text before the first channel is none.
    """
    bare = _BARE_CHANNELS.match(text)
    if bare:
        return text[bare.end() :], bare.group()
    marks = list(_CHANNEL.finditer(text))
    if not marks:
        return text, ""
    says: list[str] = []
    called: list[str] = []
    thought: list[str] = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        content = text[mark.end() : following.start() if following else len(text)]
        content = _CHANNEL_END.split(content, maxsplit=1)[0]
        if mark["name"].lower() == "final":
            says.append(content)
        else:
            (called if "to=functions" in mark["call"] else thought).append(content)
    return "\n".join(says or called), "\n".join(thought)


def _by_marks(text: str) -> tuple[str, str]:
    says: list[str] = []
    thought: list[str] = []
    inside, last = False, 0
    for mark in _MARK.finditer(text):
        piece = text[last : mark.start()]
        if mark["open"]:
            (thought if inside else says).append(piece)
            inside = True
        elif inside or mark["close"].lower() not in _NEED_AN_OPENING:
            thought += [piece] if inside else [*says, piece]
            says = says if inside else []
            inside = False
        else:
            says.append(piece)
        last = mark.end()
    if not inside:
        says.append(text[last:])
    return "\n".join(says) if len(says) > 1 else "".join(says), "\n".join(thought)
