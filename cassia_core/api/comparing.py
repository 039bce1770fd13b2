"""CASSIA's names for comparing candidate types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cassia_core.api.calling import SEED_PROVIDER, asked_model
from cassia_core.api.verbs import annotate_batch, stored_source
from cassia_core.domain.config import AgentModel, DatasetSpec, MarkerParams, RunConfig, check
from cassia_core.domain.opinions.comparison import Comparison
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.errors import RunError
from cassia_core.services.engine.keys import known_keys, set_key
from cassia_core.services.engine.models import models_of
from cassia_core.services.opinions import look_files, opinions

if TYPE_CHECKING:
    import pandas as pd

PRESETS = ("budget", "default", "premium")
MOST_OF_A_PRESET = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedTypes:
    """What a comparison came to. `consensus` is "" where the models do not agree by the stated rule;
    `confidence` is the share (0 to 1) of the models that answered and find it best, None without one.
    """

    comparison: Comparison
    results: pd.DataFrame
    consensus: str
    confidence: float | None
    summary: str
    csv_file: Path
    html_file: Path | None
    run_dir: Path


def symphonyCompare(
    tissue: str,
    celltypes: list[str],
    marker_set: str,
    species: str = "human",
    model_preset: str = "budget",
    custom_models: list[str] | None = None,
    output_dir: str | None = None,
    output_basename: str | None = None,
    enable_discussion: bool = True,
    max_discussion_rounds: int = 3,
    consensus_threshold: float = 2 / 3,
    generate_report: bool = True,
    api_key: str | None = None,
    verbose: bool = True,
    validate_api_key_before_start: bool = True,
) -> ComparedTypes:
    """Let several models score two to four types for one list of marker genes, beside the measured evidence.

    Parameters
    ----------
    tissue, species
        What the models are told of the sample.
    celltypes
        Two to four different types.
    marker_set
        Gene symbols, best first, with commas or blanks between them.
    model_preset, custom_models
        Models of OpenRouter: "budget" and "default" are the cheapest of our catalogue, "premium" the dearest,
        at most three; or the names of your own choice. The environment's `CASSIA_PROVIDER` overrules both.
    output_dir, output_basename
        Where `{output_basename}.csv` and `.html` go; the present folder and "symphony_compare" when None.
    enable_discussion, max_discussion_rounds
        Whether models that differ see each other's reasons, and how often at most.
    consensus_threshold
        Share of the models that answered which must find the same type best.
    api_key
        Key for OpenRouter, kept in memory only.
    verbose, validate_api_key_before_start
        Without effect.

    Returns
    -------
    ComparedTypes
        A missing score stays missing, a tie is a tie.

    Raises
    ------
    ConfigError
        Says parameter, received and expected.
    RunError
        When no model gave an answer.
    """
    models = _models(model_preset, custom_models)
    if api_key:
        set_key(api_key, SEED_PROVIDER)
    stem = Path(output_dir or ".").expanduser().resolve() / (output_basename or "symphony_compare")
    return _compared(
        tissue,
        celltypes,
        marker_set,
        species,
        models,
        max_discussion_rounds if enable_discussion else 0,
        consensus_threshold,
        stem,
        generate_report,
    )


def compareCelltypes(
    tissue: str,
    celltypes: list[str],
    marker_set: str,
    species: str = "human",
    model_preset: str = "default",
    model_list: list[str] | None = None,
    output_file: str | None = None,
    generate_html_report: bool = True,
    discussion_mode: bool = False,
    discussion_rounds: int = 1,
) -> ComparedTypes:
    """The same as `symphonyCompare` with the parameters of CASSIA's older function: without a discussion
    unless `discussion_mode`. `output_file` is the CSV; the HTML file lies beside it."""
    path = Path(output_file or "compare_celltypes.csv").expanduser().resolve()
    return _compared(
        tissue,
        celltypes,
        marker_set,
        species,
        _models(model_preset, model_list),
        discussion_rounds if discussion_mode else 0,
        2 / 3,
        path.with_suffix("") if path.suffix.lower() == ".csv" else path,
        generate_html_report,
    )


def _models(preset: str, named: list[str] | None) -> tuple[AgentModel, ...]:
    check(preset in PRESETS, "model_preset", preset, " or ".join(PRESETS))
    listed = sorted(models_of(SEED_PROVIDER), key=lambda facts: facts.output_usd or 0.0)
    chosen = listed[-MOST_OF_A_PRESET:] if preset == "premium" else listed[:MOST_OF_A_PRESET]
    names = named if named is not None else [facts.model for facts in chosen]
    check(len(names) > 0, "custom_models", names, "at least one model")
    return tuple(dict.fromkeys(asked_model(SEED_PROVIDER, name, None, None) for name in names))


def _compared(
    tissue: str,
    celltypes: list[str],
    marker_set: str,
    species: str,
    models: tuple[AgentModel, ...],
    rounds: int,
    threshold: float,
    stem: Path,
    html: bool,
) -> ComparedTypes:
    """A run that holds the list and asks nobody, and one comparison on its cluster."""
    import pandas as pd

    genes = [gene for gene in re.split(r"[\s,;]+", marker_set) if gene]
    check(len(genes) > 0, "marker_set", marker_set, "at least one gene symbol")
    request = OpinionRequest(
        dataset=stem.name,
        clusters=("1",),
        kind="comparison",
        models=models,
        candidates=tuple(celltypes),
        rounds=rounds,
        discuss=rounds > 0,
        consensus_threshold=threshold,
    )
    opinions.check_request(request)
    table = pd.DataFrame({"cluster": ["1"], "marker_genes": [",".join(genes)]})
    source, name = stored_source(table, stem.name)
    spec = DatasetSpec(
        name=name,
        path=str(source),
        tissue=tissue,
        species=species.lower(),
        markers=MarkerParams(n_genes=len(genes)),
    )
    run = annotate_batch(RunConfig(datasets=(spec,), annotation=None))
    run_id, root = run.run_dir.name, run.run_dir.parent
    keys = known_keys(tuple(model.provider for model in models))
    job = opinions.start(run_id, request, keys, root)
    opinions.wait_for(run_id, job, root)
    opinion = opinions.list_opinions(run_id, name, root=root)[-1]
    comparison = opinion.comparison
    if comparison is None:
        raise RunError("The candidates could not be compared.", opinion.reason, f"See {run.run_dir}.")
    results, csv, page = look_files.write_comparison_files(
        comparison, stem, tissue=tissue, species=species, html=html
    )
    if opinion.status != "done":
        raise RunError("No model scored the candidates.", opinion.reason, f"See {csv}.")
    verdict = comparison.verdict()
    return ComparedTypes(
        comparison=comparison,
        results=results,
        consensus=verdict.type,
        confidence=verdict.share,
        summary=look_files.verdict_in_words(comparison),
        csv_file=csv,
        html_file=page,
        run_dir=run.run_dir,
    )
