"""Arguments that no call of `fastinit.normal` takes, whatever else it has."""

from __future__ import annotations

import numpy as np


def _read_only() -> np.ndarray:
    array = np.zeros(7, np.float32)
    array.flags.writeable = False
    return array


#: By parameter; the last two are of no parameter of it.
SPOILT: dict[str, list] = {
    "out": [
        [0.0],
        3.0,
        b"\0" * 64,
        np.zeros(7, "M8[s]"),
        np.zeros(3, ">f4"),
        np.array([None]),
        _read_only(),
        np.zeros(41, np.uint8)[1:].view(np.float32),
        np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (3, 4), (0, 4)),
        np.lib.stride_tricks.as_strided(np.zeros(40, np.float32), (4, 4), (8, 4)),
        np.zeros((1, 2, 1, 2, 1), np.float32),
    ],
    "shape": [-1, (3, -1), 2.0, "33", (2**33, 2**33), (1,) * 65, 10**5000, (True, 2), {3: 4}, range(10**10)],
    "rng": [-1, 1.5, "a", [1, -1], [[1], [2, 3]], np.random, ["5"], [True], np.zeros(2)],
    "name": [3, b"w", "\ud800", None, ["a"]],
    "index": ["0", 1.5, np.s_[::0], np.s_[0, 0, 0, 0, 0, 0], [True], 10**5000, [[1], [2, 3]], np.s_[..., ...]],
    "threads": [0, -1, 1.5, "2", 10**5000 * -1, [1], True],
    "dtype": ["float31", "U3", 3, ("f4", -1)],
    "fans": [3, "ooi", (-1, 2), object()],
    "sdt": [1],
}
