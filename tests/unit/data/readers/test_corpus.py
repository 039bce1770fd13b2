"""Every kind of file leads to a loaded dataset that says what was found, or to an error that says what to
do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain.config import MarkerParams
from cassia_core.domain.findings import Findings
from cassia_core.errors import CassiaError
from tests.conftest import SHARED
from tests.corpus import CASES, Case

FORBIDDEN_WORDS = ("NaN", "obs ", "adata", "null ", "invalid", "session")


def fingerprint(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(p.name.encode() + p.read_bytes() for p in files)).hexdigest()


def sentences(findings: Findings) -> list[str]:
    return [
        findings.format,
        *(f"{f.topic}: {f.value}. {f.remark}" for f in findings.found),
        *findings.done,
        *(question.text for question in findings.questions),
    ]


def load(path: Path, case: Case) -> Findings:
    if case.kind == "markers":
        return load_markers(path, MarkerParams(), case.options).findings
    return load_cells(path, case.options).findings


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_row_of_the_list_of_inputs_ends_in_findings_or_in_an_error_with_a_remedy(
    case: Case, tmp_path: Path
):
    path = case.build(tmp_path)
    before = fingerprint(path)
    said: list[str] = []
    if case.error is None:
        preview, findings = inspect_file(path, case.options), load(path, case)
        said = sentences(findings)
        assert preview.kind == findings.kind == case.kind
        assert preview.species == findings.species
        assert findings.kind == "markers" or preview.n_cells == findings.n_cells
        if case.expression is not None:
            assert preview.expression == findings.expression == case.expression
        if case.counts is not None:
            assert preview.counts == findings.counts == case.counts
    else:
        with pytest.raises(case.error) as caught:
            load(path, case)
        assert caught.value.what and caught.value.why and caught.value.remedy
        said = [caught.value.what, caught.value.why, caught.value.remedy]
        try:
            said += sentences(inspect_file(path, case.options))
        except CassiaError as error:
            said.append(str(error))
    everything = "\n".join(said)
    for words in case.says:
        assert words in everything
    assert not [word for word in FORBIDDEN_WORDS if word in everything]
    assert fingerprint(path) == before


def shared_files() -> list[Path]:
    if not (SHARED / "data").is_dir():
        return []
    folders = [p for p in (SHARED / "data" / "tenx").rglob("*") if p.is_dir() and any(p.glob("*.mtx*"))]
    files = [
        p
        for kind in ("odd", "tenx", "h5ad", "markers")
        for p in sorted((SHARED / "data" / kind).glob("**/*"))
        if p.is_file() and p.name != "README.md"
    ]
    return [*folders, *files]


@pytest.mark.skipif(not shared_files(), reason="no ../shared here")
@pytest.mark.parametrize("path", shared_files(), ids=lambda p: p.name)
def test_every_shared_file_ends_in_findings_or_in_an_error_with_a_remedy(path: Path):
    findings = found_or_refused(path)
    if isinstance(findings, CassiaError):
        assert findings.what and findings.why and findings.remedy
    else:
        assert findings.found
        assert findings.kind == "cells" or findings.n_clusters or findings.questions


def found_or_refused(path: Path) -> Findings | CassiaError:
    try:
        findings = inspect_file(path)
        if findings.kind == "cells":
            return load_cells(path).findings
        return findings if findings.questions else load_markers(path).findings
    except CassiaError as error:
        return error
