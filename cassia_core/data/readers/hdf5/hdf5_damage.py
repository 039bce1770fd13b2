"""Why a file could not be read: "damaged" is said only of what HDF5 itself could not read."""

from __future__ import annotations

from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  makes its filters (zstd, blosc, lz4 and others) known to HDF5

from cassia_core.errors import AnnDataError

_KNOWN_FILTERS = {
    32000: "LZF",
    32001: "Blosc",
    32004: "LZ4",
    32008: "bitshuffle",
    32013: "ZFP",
    32015: "Zstandard",
}
"""Source: the register of filters of The HDF Group."""


def damaged(path: Path, error: Exception) -> AnnDataError:
    """The error for a file whose matrix or tables cannot be read, with the true reason."""
    details = f"{type(error).__name__}: {error}"
    missing = missing_filters(path)
    if missing:
        return AnnDataError(
            f"{path.name} is packed in a way that cannot be unpacked here.",
            f"Its values were packed with {', '.join(missing)}, for which no HDF5 filter is installed.",
            'Save it again where it was made: `cells.write_h5ad("new.h5ad", compression="gzip")`.',
            details=details,
        )
    if isinstance(error, KeyError):
        return AnnDataError(
            f"{path.name} lacks a part that its format requires.",
            f"There is no {_missing_part(error)} in it.",
            "Save it again from the program that made it.",
            details=details,
        )
    if isinstance(error, OSError | RuntimeError):
        return AnnDataError(
            f"{path.name} is damaged.",
            "Its cells, genes or values cannot be read.",
            "Copy or upload the file again, or save it anew from the program that made it.",
            details=details,
        )
    return AnnDataError(
        f"{path.name} is written in a way that is not understood.",
        "HDF5 can read it, but its cells, genes or values do not fit the format, or each other.",
        "Save it again from the program that made it.",
        details=details,
    )


def missing_filters(path: Path) -> tuple[str, ...]:
    """Names of the filters that the file needs and this machine does not have."""
    missing: set[str] = set()

    def look(name: str, element: object) -> None:
        if not isinstance(element, h5py.Dataset):
            return
        plist = element.id.get_create_plist()
        for at in range(plist.get_nfilters()):
            code, _, _, label = plist.get_filter(at)
            if not h5py.h5z.filter_avail(code):
                text = label.decode("utf-8", "replace") if label else ""
                missing.add(text or _KNOWN_FILTERS.get(code, f"the filter number {code}"))

    try:
        with h5py.File(path, "r") as file:
            file.visititems(look)
    except (OSError, RuntimeError, KeyError):
        pass
    return tuple(sorted(missing))


def _missing_part(error: KeyError) -> str:
    text = str(error.args[0]) if error.args else ""
    return text.split("'")[1] if text.count("'") >= 2 else "such part"
