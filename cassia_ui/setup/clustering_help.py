"""What every setting of the clustering does, in plain words: effect, higher and lower, default and its
source.
"""

from __future__ import annotations

_FROM = "from CASSIA's scanpy vignette"

HOW_FINELY = (
    "As fine as the cells carry (default): clusters finely, reads the cells, parts what holds two kinds, "
    "then joins neighbours that are read alike and that no markers part. Suggest: tries ten resolutions "
    "with several seeds each and takes the finest whose clusters come back every time and hold 20 cells or "
    "more on average. A fixed resolution: 0.4 is that of CASSIA's scanpy vignette. The reason is recorded "
    "with the run."
)
RESOLUTION = (
    "How finely cells are split. Higher: more and smaller clusters. Lower: fewer and broader ones. Default "
    "0.4, "
    f"{_FROM}."
)
NEIGHBORS = (
    "To how many similar cells each cell is joined, itself counted. Higher: smoother, and rare types may "
    "melt into "
    f"large ones. Lower: finer, and noise counts more. Default 10, {_FROM}."
)
COMPONENTS = (
    "How many directions of variation (principal components) tell cells apart. Higher: rarer differences "
    "count, "
    f"and so does noise. Lower: only the strongest differences count. Default 25, {_FROM}."
)
SAMPLES = (
    "Variable genes are then picked within each sample and put together, so that differences between "
    "samples alone "
    "pick none; doublets are looked for in each sample by itself. Without it all cells count as one sample."
)
HARMONY = (
    "Use it when the same kind of cell falls into a cluster per sample for technical reasons. Leave it out "
    "when "
    "samples differ in what you study (treated and control), or when a kind of cell is in one sample only: "
    "it may "
    "then pull different cells together. Marker genes are always computed from uncorrected values."
)
TOP_GENES = (
    "On how many of the most variable genes clusters are built. More: weaker differences count, and so does "
    "noise. "
    f"Fewer: only strong ones count. 0 (default, {_FROM}): every gene that passes the cut-offs beside it."
)
_UNUSED = "Not used with a fixed number of genes."
MIN_MEAN = (
    "Genes seen less than this on average say little and are left out. Higher: fewer rare genes. Lower: "
    "more of "
    f"them, and more noise. Default 0.0125, {_FROM}. {_UNUSED}"
)
MAX_MEAN = (
    "Genes above this mean are on everywhere and are left out. Higher: more housekeeping genes stay. Lower: "
    "fewer. "
    f"Default 3, {_FROM}. {_UNUSED}"
)
MIN_DISPERSION = (
    "How much more than others of its mean a gene has to vary (normalised dispersion). Higher: fewer, "
    "clearer "
    f"genes. Lower: more genes and more noise. Default 0.5, {_FROM}. {_UNUSED}"
)
MAX_VALUE = (
    "Scaled values are cut off here, so that a single extreme cell does not rule a component. Higher: "
    "outliers "
    f"count more. Lower: less. Default 10, {_FROM}."
)
MIN_CELLS = (
    "A smaller cluster is listed and not tested for markers. Higher: tiny clusters get no doubtful markers. "
    "Lower: "
    "more are tested. Default 3, the fewest that can be tested in a sensible way."
)
SEED = (
    "Where random numbers begin. The same number gives the same clusters again; another one shows how much "
    "they hang "
    "on chance. Neither higher nor lower is better. Default 0, as in scanpy."
)
MAP = (
    "Places of the cells only: clusters do not depend on it. A new map takes the longest of all steps; the "
    "file's own "
    "is kept beside it."
)
VALUES = (
    "The matrix that clusters and markers are computed from. Our choice: log-normalised values before raw "
    "counts, the "
    "one with more genes first."
)
