"""What was found of the species, told alike for cells and for marker tables."""

from __future__ import annotations

from cassia_core.domain.findings import Finding


def species_finding(name: str, confident: bool) -> Finding:
    """One line on the species that gene names speak of; `name` is "" where they speak of none."""
    if not name:
        return Finding(
            topic="Species",
            value="Not recognised from the genes",
            level="ask",
            remark="Say which species it is.",
        )
    return Finding(
        topic="Species",
        value=name.capitalize(),
        remark="from the gene names",
        level="ok" if confident else "ask",
    )
