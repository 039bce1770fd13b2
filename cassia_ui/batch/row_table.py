"""The editable table of datasets, with what was seen in each file; fill down; take rows out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cassia_core.services.batches import adding
from cassia_core.services.batches.inspecting import Inspected
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.batches.manifests import manifest_text
from cassia_ui.batch.batch_draft import batch_draft, keep, put_rows, version
from cassia_ui.batch.looks import look_in_words, what_is_inside

TYPED = {
    "name": "Name",
    "tissue": "Tissue",
    "species": "Species",
    "sample_column": "Sample column",
    "cluster_column": "Clusters",
    "context": "Note",
}
"""Field of a row to the column that a person types in."""
TICKED, SEEN, INSIDE = "Tick", "File", "What is inside"
ROW, HEAD, MOST_SHOWN = 34, 40, 12
_WIDTHS = {
    "name": 190,
    "tissue": 120,
    "species": 96,
    "sample_column": 136,
    "cluster_column": 100,
    "context": 114,
}
_HELP = {
    "name": "Becomes the name of its folder and files.",
    "tissue": 'As you would write it. Empty: "unknown", and the agents infer it.',
    "species": "human, mouse, or another. Empty: human.",
    "sample_column": "A column of the cells that says which sample, donor or condition each comes from.",
    "cluster_column": "A column with clusters to keep. Empty: they are computed.",
    "context": "Anything the agents should know of this dataset.",
}


def draw_table(looks: Sequence[Inspected | None]) -> tuple[int, ...]:
    """Draw the table and keep what is typed; returns the places of the rows that are ticked."""
    rows = batch_draft().rows
    edited = st.data_editor(
        _frame(rows, looks),
        hide_index=True,
        num_rows="fixed",
        row_height=ROW,
        height=HEAD + ROW * min(len(rows), MOST_SHOWN),
        column_config=_columns(),
        disabled=[SEEN, INSIDE],
        key=f"table_batch_{version()}",
        alt="Datasets with name, tissue, species, sample column, clusters and note",
    )
    typed = tuple(
        adding.with_texts(row, {field: _text(edited[column].iloc[place]) for field, column in TYPED.items()})
        for place, row in enumerate(rows)
    )
    if typed != rows:
        keep(rows=typed)
    return tuple(place for place in range(len(rows)) if bool(edited[TICKED].iloc[place]))


def draw_tools(ticked: Sequence[int]) -> None:
    """Fill columns, take rows out, and the table as a file for the command line."""
    rows = batch_draft().rows
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        with st.popover("Fill a column", icon=":material/format_color_fill:", key="batch_fill"):
            _draw_fill(ticked)
        if st.button(
            f"Take out {len(ticked)} ticked" if ticked else "Take out ticked",
            icon=":material/playlist_remove:",
            disabled=not ticked,
            key="batch_take_out",
        ):
            put_rows([row for place, row in enumerate(rows) if place not in set(ticked)])
            st.rerun()
        st.download_button(
            "Save as manifest",
            manifest_text(rows),
            file_name="manifest.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="batch_manifest",
            help="This table as a CSV file: add it here another time, or start it with `cassia batch`.",
        )


def _draw_fill(ticked: Sequence[int]) -> None:
    column = st.selectbox(
        "Column", adding.FILLED, format_func=lambda field: TYPED[field], key="batch_fill_column"
    )
    value = st.text_input("Value", key="batch_fill_value")
    rows = batch_draft().rows
    where = f"the {len(ticked)} ticked rows" if ticked else "all rows"
    if st.button(f"Set for {where}", type="primary", disabled=not value, key="batch_fill_set"):
        put_rows(adding.set_for(rows, column, value, set(ticked)))
        st.rerun()
    if st.button(
        "Fill down",
        icon=":material/vertical_align_bottom:",
        help="Empty cells of the column take the value above them.",
        key="batch_fill_down",
    ):
        put_rows(adding.filled_down(rows, column))
        st.rerun()


def _frame(rows: Sequence[ManifestRow], looks: Sequence[Inspected | None]) -> pd.DataFrame:
    typed = {column: [getattr(row, field) for row in rows] for field, column in TYPED.items()}
    return pd.DataFrame(
        {
            TICKED: [False] * len(rows),
            SEEN: [look_in_words(look) for look in looks],
            **typed,
            INSIDE: [what_is_inside(look) for look in looks],
        }
    )


def _columns() -> dict:
    texts = {
        column: st.column_config.TextColumn(help=_HELP[field], width=_WIDTHS[field])
        for field, column in TYPED.items()
    }
    return {
        TICKED: st.column_config.CheckboxColumn("", width=36, help="For filling and taking out"),
        SEEN: st.column_config.TextColumn(width=104),
        INSIDE: st.column_config.TextColumn(width="medium"),
        **texts,
    }


def _text(value: object) -> str:
    """A cell that was emptied is no text at all."""
    return "" if value is None or value is pd.NA or value != value else str(value).strip()
