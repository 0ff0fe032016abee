"""Truncated normals, from docs/stream-truncated.md; see reference.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import reference as f32
import reference64 as f64
from reference import BLOCK, LANES, U64


class Side(NamedTuple):
    """A bound's numbers: q = base + slope d and y = y_base + y_slope d at the distance d from it."""

    base: float
    slope: float
    y_base: float
    y_slope: float


NEAR = f32.float32s("0x1.1435c0p+1", "0x1.ed6902p-3", "-0x1.942896p-9", "-0x1.205848p-11", "0x1.275600p-14")
NEAR += f32.float32s("-0x1.7d4a3ap-20", "-0x1.0e2c54p-21", "0x1.46f68ep-25", "0x1.b4d2fap-30")
MIDDLE = f64.float64s(
    "0x1.65080abddf295p+1 0x1.bb950c3da61a2p-3 -0x1.4812b739a79d1p-8 -0x1.a346f1f59ce9ap-21"
    " 0x1.c223458601170p-16 -0x1.945512743bc07p-19 0x1.2e4db58d8feb4p-23 0x1.d06bc7b4e7df0p-28"
    " -0x1.dcddff303af9cp-30 0x1.1c30981338228p-33 -0x1.c21668048885bp-42 -0x1.02e45403f5da8p-40"
    " 0x1.b34acd11f90f6p-44 -0x1.aa689b8463e29p-49 -0x1.e50b98ab87ed8p-52 0x1.2d3730bcec058p-54"
    " -0x1.0fdda199deb15p-58 -0x1.2662da1ab9db7p-63 0x1.bff88f713f5c8p-65 -0x1.1a2cbfeedc9d3p-68"
    " -0x1.3101d251c7765p-73 0x1.6ec005c410404p-75 -0x1.0a5e539458a3bp-80 -0x1.7818f5972ea3bp-83"
    " 0x1.a3384ed3b14bbp-88 0x1.0001f3231bd26p-92"
)
TAIL = f64.float64s(
    "0x1.22d64d3398a19p+0 -0x1.233885a0123cdp-2 0x1.f0bf6fd570a15p-5 0x1.524f3400967f8p+0 -0x1.34760ed1bfeb8p+1"
    " 0x1.81b902743f752p+2 0x1.d837449de5d10p+4 0x1.115172ea1e7bbp+9 0x1.a5dcb696c310dp+11 -0x1.92c21e6fb7d95p+12"
    " -0x1.4f96584729718p+18 -0x1.646b63317bb63p+20 0x1.3c724bb98eed2p+24 0x1.4c7caf6322117p+27"
    " -0x1.1f92f9a82955cp+30 -0x1.98787e7ec25b6p+33 0x1.0cf8f57593e78p+36 0x1.8e0b2f9c89a45p+39"
    " -0x1.c90d478adbed5p+41 -0x1.24df996064154p+45 0x1.223afd555c7eep+47 0x1.1b102a6cffe28p+50"
    " -0x1.bd47aaac1f1f6p+51 -0x1.0787a78c7c187p+54 0x1.1b84f1eea69a1p+55"
)

#: w of z = 4, where the polynomials meet.
BORDER = float.fromhex("0x1.9e49d510c83bbp+3")


def near_factor(w: np.ndarray) -> np.ndarray:
    """z / y for bounds up to 3, in float32."""
    return f32.horner(w - np.float32(3.75), NEAR)


def factor(w: np.ndarray) -> np.ndarray:
    """z / y, in float64."""
    middle = f64.horner(np.minimum(w, BORDER) - 6.5, MIDDLE)
    root = np.sqrt(np.maximum(w, BORDER))
    tail = f64.horner(1 / root - 0.1875, TAIL) * root
    return np.where(w > BORDER, tail, middle)


def near_block(k: list[int], block_index: int, mean: float, std: float, side: Side) -> np.ndarray:
    """Before it is kept within its bounds; all numbers are float32."""
    a, b, c = np.moveaxis(f32.words(k, block_index, 3), 1, 0)
    low = np.stack([c & np.uint32(0xFFFF), c >> np.uint32(16)], axis=1)
    signed = np.stack([a, b], axis=1).view(np.int32).astype(np.float32)
    d = f32.fma(signed, np.float32(2.0**17), (2 * low + 1).astype(np.float32))  # times 2^48, with the side's sign
    base, slope, y_base, y_slope = map(np.float32, side)
    q = f32.fma(abs(d), slope * np.float32(2.0**-48), base)
    y = f32.fma(abs(d), y_slope * np.float32(2.0**-48), y_base)
    z = near_factor(f32.minus_log2(q * (np.float32(2) - q))) * y
    return f32.fma(np.where(d < 0, -z, z), np.float32(std), np.float32(mean)).reshape(BLOCK)


def block(k: list[int], index: int, mean: float, std: float, sides: tuple[Side, Side], n_per_step: int) -> np.ndarray:
    """In float64, before it is kept within its bounds; a step has n_per_step elements."""
    w = f32.draws(k, index, n_per_step // LANES, BLOCK // n_per_step).reshape(BLOCK)
    d = (2 * (w & U64(2**63 - 1)) + U64(1)).astype(np.float64) * 2.0**-64
    base, slope, y_base, y_slope = np.where(w >> U64(63), *(np.array(side)[:, None] for side in sides[::-1]))
    q, y = f64.fma(d, slope, base), f64.fma(d, y_slope, y_base)
    z = factor(f64.minus_log2(q * (2 - q))) * y
    return f64.fma(z, std, mean)
