"""The only file that knows the name of a file in a run directory."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from cassia_core.domain.config import DatasetSpec

PRIVATE = ".cassia"
MOST_TISSUES_IN_NAME = 5
LONGEST_STEM, MOST_STEM_BYTES, MOST_RUN_BYTES = 80, 160, 180
"""File systems allow 255 bytes of a name; endings such as "_conversations.json" need room too."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""


def file_stem(text: str) -> str:
    """`text` as a safe file name: word characters, dot, plus and dash; blanks become `-`; never empty."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\s+", "-", plain)
    plain = re.sub(r"[^\w.+-]", "_", plain)[:LONGEST_STEM]
    plain = plain.encode()[:MOST_STEM_BYTES].decode(errors="ignore").strip(".")
    return f"{plain}_" if _RESERVED.fullmatch(plain) else plain or "dataset"


def tissue_folder(tissue: str) -> str:
    """Folder name of a tissue: "Large intestine" -> "large-intestine"."""
    return file_stem(tissue.lower())


def cluster_file(cluster: str) -> str:
    """File name of a cluster's checkpoint: a readable part and a hash, so that no two ids collide."""
    digest = hashlib.sha256(cluster.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9]+", "_", cluster)[:40].strip("_")
    return f"{readable or 'cluster'}-{digest}.json"


def run_name(tissues: tuple[str, ...], stamp: str) -> str:
    """`run_{tissue}_{YYYYMMDD_HHMMSS}`; several tissues joined by `_`, those of a very long name are
    "all".
    """
    distinct = list(dict.fromkeys(tissue_folder(t) for t in tissues))
    label = "_".join(distinct)
    many = len(distinct) > MOST_TISSUES_IN_NAME or len(label.encode()) > MOST_RUN_BYTES
    return f"run_{'all' if many else label}_{stamp}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetLayout:
    """Paths of one dataset: `folder` holds what people take home, `private` what it is rebuilt from."""

    name: str
    folder: Path
    private: Path

    def output(self, ending: str) -> Path:
        """Path of an output such as "_summary.csv"."""
        return self.folder / f"{self.name}{ending}"

    @property
    def markers_csv(self) -> Path:
        return self.output("_markers.csv")

    @property
    def annotated_h5ad(self) -> Path:
        return self.output("_annotated.h5ad")

    @property
    def annotation_txt(self) -> Path:
        return self.output("_annotation.txt")

    @property
    def summary_txt(self) -> Path:
        return self.output("_summary.txt")

    @property
    def summary_csv(self) -> Path:
        return self.output("_summary.csv")

    @property
    def full_csv(self) -> Path:
        return self.output("_full.csv")

    @property
    def scored_csv(self) -> Path:
        return self.output("_scored.csv")

    @property
    def conversations_json(self) -> Path:
        return self.output("_conversations.json")

    @property
    def report_html(self) -> Path:
        return self.output("_report.html")

    @property
    def clusters(self) -> Path:
        return self.private / "clusters"

    def checkpoint(self, cluster: str) -> Path:
        return self.clusters / cluster_file(cluster)

    @property
    def view(self) -> Path:
        return self.private / "view"

    @property
    def gene_blocks(self) -> Path:
        """Values of all cells gene by gene, where the counts stayed on disk; the view reads them."""
        return self.private / "gene_blocks"

    @property
    def passes(self) -> Path:
        """What the passes over a large file have found; there until the dataset is done."""
        return self.private / "passes"

    @property
    def marker_table(self) -> Path:
        return self.private / "markers.json"

    @property
    def inside(self) -> Path:
        """Kinds of cells and samples in every cluster."""
        return self.private / "inside.json"

    @property
    def findings(self) -> Path:
        return self.private / "findings.json"

    @property
    def clustered_h5ad(self) -> Path:
        return self.private / "clustered.h5ad"

    @property
    def removed_cells(self) -> Path:
        """Cells that the limits of quality set aside, with reasons; there only where some were."""
        return self.private / "removed_cells.csv"

    @property
    def prepared(self) -> Path:
        return self.private / "prepared.json"

    @property
    def outcome(self) -> Path:
        return self.private / "outcome.json"

    @property
    def preparing_events(self) -> Path:
        """Events of a worker that prepares the cells; there only while it is at it."""
        return self.private / "preparing.jsonl"

    @property
    def edits(self) -> Path:
        return self.private / "edits.jsonl"

    @property
    def opinions(self) -> Path:
        """Further opinions on clusters; there only where some were asked for."""
        return self.private / "opinions.jsonl"

    def opinion_turns(self, opinion: str) -> Path:
        """The conversation of one further opinion, by its id."""
        return self.private / "opinion_turns" / cluster_file(opinion)

    def chosen_cells(self, name: str) -> Path:
        """Cells that a person chose for one correction."""
        return self.private / "chosen_cells" / f"{name}.npz"

    @property
    def edited_h5ad(self) -> Path:
        return self.output("_edited_annotated.h5ad")

    @property
    def edited_labels_csv(self) -> Path:
        return self.output("_edited_labels.csv")

    @property
    def edited_tables_xlsx(self) -> Path:
        return self.output("_edited_tables.xlsx")

    @property
    def edited_report_html(self) -> Path:
        return self.output("_edited_report.html")

    @property
    def edited_files(self) -> tuple[Path, ...]:
        """What is made from corrected labels; never the run's own record."""
        return (self.edited_h5ad, self.edited_labels_csv, self.edited_tables_xlsx, self.edited_report_html)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionJobLayout:
    """Paths of one job of further opinions: `root` is its folder."""

    root: Path

    @property
    def request(self) -> Path:
        return self.root / "request.json"

    @property
    def progress(self) -> Path:
        return self.root / "progress.json"

    @property
    def cancel(self) -> Path:
        return self.root / "cancel"

    @property
    def worker(self) -> Path:
        return self.root / "worker.json"

    @property
    def live_words(self) -> Path:
        """Replies as they come; there only while the job is at work."""
        return self.root / "live.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLayout:
    """Paths of one run directory."""

    root: Path

    @property
    def private(self) -> Path:
        return self.root / PRIVATE

    @property
    def config(self) -> Path:
        return self.private / "run.json"

    @property
    def events(self) -> Path:
        return self.private / "events.jsonl"

    @property
    def calls(self) -> Path:
        return self.private / "calls.jsonl"

    @property
    def lock(self) -> Path:
        return self.private / "lock"

    @property
    def worker(self) -> Path:
        return self.private / "worker.json"

    @property
    def cancel(self) -> Path:
        return self.private / "cancel"

    @property
    def pause(self) -> Path:
        """There while a person lets the run wait."""
        return self.private / "pause"

    @property
    def stopped_datasets(self) -> Path:
        """Names of datasets that a person stopped by themselves, a line each."""
        return self.private / "stopped_datasets.txt"

    @property
    def taken_up(self) -> Path:
        """Names of the only datasets that the worker is to take up, a line each; missing: all."""
        return self.private / "taken_up.txt"

    @property
    def opinion_jobs(self) -> Path:
        return self.private / "opinions"

    def opinion_job(self, job: str) -> OpinionJobLayout:
        """Paths of one job of further opinions, by its id."""
        return OpinionJobLayout(root=self.opinion_jobs / file_stem(job))

    @property
    def answered(self) -> Path:
        """Models that answered the small question before a run."""
        return self.private / "answered.json"

    @property
    def live_words(self) -> Path:
        """Replies as they come; there only while the run is at work."""
        return self.private / "live.json"

    @property
    def worker_log(self) -> Path:
        return self.private / "worker.log"

    @property
    def digest(self) -> Path:
        return self.private / "digest.json"

    @property
    def dataset_rows(self) -> Path:
        """A row per dataset for the page Batch; derived."""
        return self.private / "dataset_rows.json"

    @property
    def across(self) -> Path:
        """Labels by datasets; derived."""
        return self.private / "across.json"

    def combined_h5ad(self, tissue: str = "") -> Path:
        """Annotated cells of all datasets, or of those of one tissue, as one file; there where asked for."""
        part = f"{tissue_folder(tissue)}_" if tissue else ""
        return self.root / f"combined_{part}annotated.h5ad"

    @property
    def batch_summary_csv(self) -> Path:
        return self.root / "batch_summary.csv"

    @property
    def batch_summary_txt(self) -> Path:
        return self.root / "batch_summary.txt"

    @property
    def token_tracking(self) -> Path:
        return self.root / "token_tracking.json"

    def dataset(self, index: int, spec: DatasetSpec) -> DatasetLayout:
        """Paths of the dataset at `index` (from 0) of the run's configuration."""
        stem = file_stem(spec.name)
        return DatasetLayout(
            name=stem,
            folder=self.root / tissue_folder(spec.tissue) / stem,
            private=self.private / "datasets" / str(index + 1),
        )
