"""Input files of every kind that people hand in, built by code, with what each must lead to."""

from tests.corpus import (
    expression_tables,  # noqa: F401
    h5ad_versions,  # noqa: F401
    marker_code,  # noqa: F401
    marker_dresses,  # noqa: F401
    marker_headers,  # noqa: F401
    marker_shapes,  # noqa: F401
    marker_values,  # noqa: F401
    matrix_states,  # noqa: F401
    names,  # noqa: F401
    r_objects,  # noqa: F401
    stores,  # noqa: F401
    tenx,  # noqa: F401
    vendor_tables,  # noqa: F401
)
from tests.corpus.case import CASES, Case
from tests.corpus.reported import already_held, cells, tables  # noqa: F401

__all__ = ["CASES", "Case"]
