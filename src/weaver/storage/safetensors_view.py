"""Named arrays as the bytes of a safetensors file, read without a copy.

Format: https://huggingface.co/docs/safetensors, section "Format". The library's own readers copy every
tensor, and read a file again after it was checked; here the arrays are views of the checked bytes.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from weaver.errors import StoreError

Array = NDArray[Any]
Bytes = NDArray[np.uint8]

DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "C64": np.dtype(np.complex64),
    **{f"F{8 * size}": np.dtype(f"f{size}") for size in (2, 4, 8)},
    **{f"I{8 * size}": np.dtype(f"i{size}") for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": np.dtype(f"u{size}") for size in (1, 2, 4, 8)},
}
LENGTH = 8  # bytes of the number that gives the header's length


def dump(arrays: Mapping[str, Array]) -> bytes:
    """Return arrays of any memory layout as the bytes of a file.

    Raises:
        StoreError: safetensors has no such dtype.
    """
    for name, array in arrays.items():
        if array.dtype not in DTYPES.values():
            kinds = ", ".join(str(dtype) for dtype in DTYPES.values())
            raise StoreError(f"{name}: expected an array of {kinds}, found one of {array.dtype}")
    return save({name: np.asarray(array, order="C") for name, array in arrays.items()})


def read_arrays(path: Path) -> Bytes:
    """Read a file into memory that may be written to, as torch wants it."""
    return np.fromfile(path, np.uint8)


def parse(data: Bytes) -> dict[str, Array]:
    """Return the arrays in the bytes of a file; they share their memory.

    Raises:
        ValueError: this is not a safetensors file, or it is cut off.
    """
    start = LENGTH + int.from_bytes(data[:LENGTH].tobytes(), "little")
    try:
        header = json.loads(data[LENGTH:start].tobytes())
        header.pop("__metadata__", None)
        return {name: _window(data[start:], **entry) for name, entry in header.items()}
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"its header is not one of safetensors ({error})") from None


def _window(data: Bytes, dtype: str, shape: list[int], data_offsets: list[int]) -> Array:
    begin, end = data_offsets
    kind = DTYPES[dtype]
    if not 0 <= begin <= end <= data.size or end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError(f"its {dtype} array of shape {shape} is not at bytes {begin} to {end}")
    return data[begin:end].view(kind).reshape(shape)
