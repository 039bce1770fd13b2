"""What is inside a cluster, as sentences."""

from __future__ import annotations

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.counting_words import counted
from cassia_core.domain.inside import FEW_CELLS, ClusterInside, ClusterSamples
from cassia_core.knowledge.naming.names import everyday_name

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def kinds_in_words(inside: ClusterInside) -> str:
    """ "holds two kinds: 122 CD8 T cells, 59 NK cells"."""
    n = len(inside.kinds)
    number = _NUMBERS[n] if n < len(_NUMBERS) else str(n)
    listed = ", ".join(f"{kind.n_cells:,} {several(kind.label, kind.n_cells)}" for kind in inside.kinds)
    return f"holds {number} kind{'' if n == 1 else 's'}: {listed}"


def inside_sentences(row: ClusterResult) -> tuple[str, ...]:
    """What to say of a cluster beside its label and its light: kinds, few cells, samples."""
    said = []
    if row.inside is not None and len(row.inside.kinds) > 1:
        said.append(f"It {kinds_in_words(row.inside)}.")
    said.append(few_cells(row.n_cells))
    if row.samples is not None and (row.samples.one_sample or row.samples.like):
        said.append(samples_in_words(row.cluster, row.samples))
    return tuple(sentence for sentence in said if sentence and sentence not in row.light_reason)


def several(label: str, n: int = 2) -> str:
    """The everyday name of a type as it stands behind a number: "CD8 T cells", "monocyte"."""
    name = everyday_name(label)
    first = name.split(" ")[0]
    if len(first) > 2 and first[1:].islower():
        name = name[0].lower() + name[1:]
    return name if n == 1 or name.endswith(("s", "a")) else f"{name}s"


def samples_in_words(cluster: str, samples: ClusterSamples) -> str:
    """ "131 of the 135 cells of cluster 4 come from donor 5p (36 % of all cells do); cluster 0 has the
    same label.".
    """
    total = sum(s.n_cells for s in samples.shares)
    first = samples.shares[0]
    like = ""
    if samples.like:
        named = f"cluster{'' if len(samples.like) == 1 else 's'} {', '.join(samples.like)}"
        like = f"; {named} {'has' if len(samples.like) == 1 else 'have'} the same label"
    return (
        f"{first.n_cells:,} of the {counted(total, 'cell', 'cells')} of cluster {cluster} come from "
        f"{samples.column} {first.sample} ({first.expected:.0%} of all cells do){like}."
    )


def blurred_in_words(share: float, nearest: str, label: str) -> str:
    """ "Its border is blurred: 43 % of the neighbours of its cells lie among other types, most in
    cluster 5 (CD4 memory T cell).".
    """
    return (
        f"Its border is blurred: {share:.0%} of the neighbours of its cells lie among other types, most in "
        f"cluster {nearest} ({everyday_name(label)})."
    )


def how_read(inside: ClusterInside) -> str:
    """How the reading of a cluster came about, in two sentences."""
    first = inside.kinds[0]
    genes = ", ".join(inside.deciding)
    if len(inside.kinds) > 1:
        second = inside.kinds[1]
        return (
            f"Small groups of like cells were read one by one against all other clusters: "
            f"{first.n_cells:,} cells are {several(first.label)} and {second.n_cells:,} "
            f"{several(second.label)}. "
            f"What decided between the two is {genes}."
        )
    read_as = several(first.label)
    against = f" rather than {several(inside.rival)}" if inside.rival else ""
    return (
        f"Small groups of like cells were read one by one against all other clusters, and all "
        f"{first.n_cells:,} "
        f"cells are one kind: {read_as}. " + (f"What decided for them{against} is {genes}." if genes else "")
    ).strip()


def few_cells(n_cells: int | None) -> str:
    """The note on a cluster of few cells; "" on a large one."""
    if n_cells is None or n_cells >= FEW_CELLS:
        return ""
    return (
        f"Only {counted(n_cells, 'cell', 'cells')}: shares and fold changes are rough below {FEW_CELLS}, "
        f"and a "
        "cluster this small may be chance."
    )
