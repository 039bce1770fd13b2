"""Colours that stay apart: as far from each other as their families allow, also for colour-blind eyes.

Distances are Euclidean in OKLab (Ottosson 2020), times 100, the least of four ways of seeing: full colour
vision and the three kinds of colour blindness, simulated by the matrices of Machado et al. 2009 at full
severity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

_EYES = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ]
)
"""Full vision, protanopia, deuteranopia, tritanopia; they work on linear sRGB."""
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_PULL = 0.036
"""What a step away from the place in the family costs, as a part of a step of distance."""
_ROUNDS = 4
"""How often every colour is chosen anew beside all others."""


def seen(colours: Sequence[str]) -> np.ndarray:
    """OKLab times 100 of colours (`#rrggbb`) as four kinds of eyes see them; shape (4, n, 3)."""
    parts = np.array([[int(c[at : at + 2], 16) / 255 for at in (1, 3, 5)] for c in colours]).reshape(-1, 3)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    by_eye = np.clip(np.einsum("eij,nj->eni", _EYES, linear), 0, 1)
    return 100 * np.cbrt(by_eye @ _CONES.T) @ _LAB.T


def least_distance(colours: Sequence[str]) -> float:
    """The least distance between any two of the colours, for any kind of eyes."""
    points = seen(colours)
    apart = np.sqrt(((points[:, :, None] - points[:, None]) ** 2).sum(-1))
    one, other = np.triu_indices(len(colours), 1)
    return float(apart[:, one, other].min()) if len(one) else float("inf")


def spread_apart(
    wanted: Sequence[str],
    choices: Sequence[Sequence[str]],
    taken: Sequence[str],
    order: Callable[[int], tuple[int, ...]],
    enough: float,
) -> tuple[str, ...]:
    """Choose a colour for each place, far from all others and near to the one wanted.

    Parameters
    ----------
    wanted
        The colour that each place has by the rule of its family.
    choices
        Colours that each place may have.
    taken
        Colours to stay away from.
    order
        Sorts the places: those that come first choose first.
    enough
        More distance than this is worth nothing: a colour nearer to its place in the family is then better.
    """
    if len(wanted) < 2:
        return tuple(wanted)
    homes, points = seen(wanted)[0], [seen(few) for few in choices]
    at: dict[int, int] = {}
    away = [np.sqrt(((p[0] - home) ** 2).sum(-1)) for p, home in zip(points, homes, strict=True)]
    fixed = np.moveaxis(seen(taken), 1, 0)
    for _ in range(_ROUNDS):
        for place in sorted(range(len(wanted)), key=order):
            others = [points[k][:, chosen] for k, chosen in at.items() if k != place]
            near = np.concatenate([fixed, np.array(others).reshape(-1, *fixed.shape[1:])])
            gaps = np.sqrt(((points[place][None] - near[:, :, None]) ** 2).sum(-1)).min(axis=(0, 1))
            at[place] = int((np.minimum(gaps, enough) - _PULL * away[place]).argmax())
    return tuple(choices[place][at[place]] for place in range(len(wanted)))
