"""Let a further opinion stand: as an ordinary correction, which is undone like any other."""

from __future__ import annotations

from pathlib import Path

from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.review import LabelEdit
from cassia_core.errors import ConfigError
from cassia_core.services.labels import review

_WHENCE = {
    "repeat": "asked again",
    "several": "asked of several models",
    "comparison": "candidates compared",
    "closer_look": "looked closer",
    "question": "asked a question",
    "parts": "asked about all parts",
}


def accept(
    run_id: str, dataset: str, opinion: Opinion, *, label: str = "", by: str = "", root: Path | None = None
) -> LabelEdit:
    """Make a label of an opinion the standing label of its clusters. The run's own record stays as it is;
    report, tables and annotated cells follow as after any correction, and
    `services.labels.review.undo` takes it back.

    Parameters
    ----------
    label
        Which one; the label that the opinion comes to when "".

    Raises
    ------
    ConfigError
        When the opinion gives no label.
    """
    chosen = label or opinion.label
    if not chosen:
        raise ConfigError(
            "This opinion gives no label that could be accepted.",
            "Its answers agree on none.",
            "Choose one of the answers, or keep the label that stands.",
        )
    return review.apply_edit(
        run_id,
        dataset,
        opinion.clusters,
        "rename",
        label=chosen,
        reason=_reason(opinion, chosen),
        by=by,
        root=root,
    )


def _reason(opinion: Opinion, label: str) -> str:
    said = f"Further opinion of {opinion.at[:10]} ({_WHENCE[opinion.kind]}"
    if label != opinion.label:
        return f"{said})."
    if opinion.comparison is not None:
        verdict = opinion.comparison.verdict()
        return f"{said}: {verdict.votes} of {verdict.answered} models find it best)."
    if opinion.consensus is None:
        return f"{said})."
    return f"{said}: {opinion.consensus.votes} of {opinion.consensus.answered} answers share it)."
