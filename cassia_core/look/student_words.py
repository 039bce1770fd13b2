"""Words of the field in plain words, for those who meet them for the first time: one table for all."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "single-cell RNA sequencing": "Counting the RNA molecules of thousands of single cells, gene by gene.",
    "count": "How many RNA molecules of a gene were caught from one cell. Most are 0, also where the "
    "cell has some.",
    "count matrix": "A table with a row per cell and a column per gene; every field is a count.",
    "droplet": "The tiny drop of liquid that catches one cell. Some hold no cell, some hold two.",
    "doublet": "Two cells caught together and measured as one. It shows the genes of both.",
    "mitochondrial share": "The part of a cell's counts that is of mitochondrial genes. "
    "Damaged cells lose other RNA, so their share is high.",
    "quality control": "Taking out what is probably no whole single cell, before anything is compared.",
    "normalisation": "Dividing a cell's counts by its total, so that cells caught well and badly can be "
    "compared.",
    "logarithm": "Taken after normalisation so that a few very high values do not drown all others.",
    "principal components": "A few numbers per cell that keep most of what differs between cells.",
    "UMAP": "A map that puts cells with similar genes near each other. Distances between far groups "
    "mean little.",
    "cluster": "A group of cells whose genes are alike. It is made by a method; it is not yet a cell type.",
    "Leiden": "The method that groups cells by who their nearest neighbours are.",
    "resolution": "How finely Leiden parts the cells: low gives few large clusters, high gives many small "
    "ones.",
    "over-clustering": "One kind of cell parted into several clusters by small or chance differences.",
    "under-clustering": "Several kinds of cells left together in one cluster.",
    "marker gene": "A gene seen in many cells of one cluster and in few elsewhere.",
    "fold change": "How many times higher a mean is here than elsewhere. A log2 of 3 means 8 times.",
    "violin plot": "A plot whose width says how many cells have a value.",
    "detection": "Whether at least one molecule of a gene was caught. A missed gene may still be active.",
    "annotation": "Giving clusters the names of cell types, with reasons.",
    "evidence": "What the genes say for and against a name, weighed without any language model.",
    "knowledge base": "The app's own list of cell types with the genes that mark them.",
    "offline engine": "Answers from the knowledge base on this computer. It is no language model.",
    "language model": "A program that writes likely text. It has read much, and it can state wrong things "
    "fluently.",
    "lineage": "A family of cell types with a common origin, such as T cells or B cells.",
    "impure cluster": "A cluster that holds more than one kind of cell.",
    "reference label": "A name that came with the data. It was made by a method, too, and can be wrong.",
}
"""Word to its meaning, one or two sentences; docs/GLOSSARY.md is the vocabulary of the project itself."""


def explain(word: str) -> str:
    """What a word means, to stand as help beside it; a sentence may begin with the word.

    Raises
    ------
    KeyError
        When the table does not have the word.
    """
    return WORDS[word if word in WORDS else word[:1].lower() + word[1:]]


def is_explained(word: str) -> bool:
    """Whether the table has a word; a sentence may begin with it."""
    return word in WORDS or word[:1].lower() + word[1:] in WORDS
