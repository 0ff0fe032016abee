"""Every mode of rounding and flushing that a caller may have set: the same bits, and the mode as it was.

Each scheme in each dtype on each instruction set, its parameters computed anew, in every mode of the processor; then
gains and fans. The controls are sums of Python's own, which each mode changes.

``python tests/attack/float_modes.py [N]``, N elements at least; ``--with torch``: PyTorch's functions as well. JAX has
no part here: its first operation sets the rounding of the thread that called it to the default one.
"""

from __future__ import annotations

import platform
from functools import partial

import numpy as np
import row  # first: it finds the tests' own modules
from cases import NEEDED, shape_for
from fills import FILLS, same_bits
from floating_point_mode import CONTROL_REGISTERS, FloatingPointMode
from reference_laws import DTYPES

import fastinit as fi
from fastinit import _kernels
from fastinit.laws import complex_laws, gains, kernel_laws, normal_tail, truncation, widening

#: Whose results the package keeps.
CACHES = [
    function
    for module in (complex_laws, gains, kernel_laws, normal_tail, truncation, widening)
    for function in vars(module).values()
    if hasattr(function, "cache_clear")
]

NUMBERS = {
    **{f"gain of {name}": lambda name=name: fi.gain(name) for name in ("relu", "tanh", "selu", "gelu", "silu", "mish")},
    "gain of leaky_relu": lambda: fi.gain("leaky_relu", 0.2),
    **{f"gain of elu, {alpha}": lambda alpha=alpha: fi.gain("elu", alpha) for alpha in (0.1, 0.3, 0.7, 1.3)},
    "gain of softplus": lambda: fi.gain("softplus", 0.3),
    "fans": lambda: fi.fans((3, 5, 7, 11), in_axis=2, in_groups=7),
}


def anew() -> None:
    """Forget every parameter computed before."""
    for function in CACHES:
        function.cache_clear()
    for name in fi.schemes():
        getattr(fi, name).specs.clear()


def sums() -> list[float]:
    """What each mode changes: sums that are rounded, tiny results, tiny operands."""
    third, tiny = np.array([1.0, -1.0]) / 3, np.float64(5e-324)
    return [*(third + 1e-17).tolist(), *(third * 0.1).tolist(), float(np.float64(1e-300) * 1e-10), float(tiny * 4)]


def schemes() -> dict:
    """Each scheme in each dtype; each law of the kernels in each dtype."""
    found = {}
    for name in sorted({getattr(fi, name).__name__ for name in fi.schemes()}):
        shape = shape_for(name) if name not in ("orthogonal", "delta_orthogonal") else (3, 20, 30)
        scheme = partial(getattr(fi, name), shape, rng=0, **NEEDED.get(name, {}))
        found |= {f"{name}, {dtype}": partial(scheme, dtype=kind) for dtype, kind in DTYPES.items()}
    return found


def of_torch() -> dict:
    """Functions of `fastinit.torch.init`, and a layer's own recipe."""
    import torch

    import fastinit.torch as ft

    def filled(name: str) -> np.ndarray:
        out = torch.empty(30, 40)
        getattr(ft.init, name)(out, generator=torch.Generator().manual_seed(0))
        return out.numpy()

    def linear() -> np.ndarray:
        return ft.materialize(lambda: torch.nn.Linear(40, 30), rng=0).weight.detach().numpy()

    names = ("normal_", "uniform_", "trunc_normal_", "kaiming_normal_", "xavier_uniform_", "orthogonal_")
    return {"torch Linear": linear} | {f"torch {name}": partial(filled, name) for name in names}


def values(n_elements: int, adapters: dict) -> dict[str, object]:
    """All bits that are compared, by name."""
    anew()
    filled = {name: make() for name, make in (schemes() | adapters).items()}
    laws = {name: fill(shape=n_elements, threads=2) for name, fill in FILLS.items()}
    return filled | laws | {name: np.array(make()) for name, make in NUMBERS.items()}


def attack(n_elements: int, frameworks: list[str]) -> str:
    adapters = of_torch() if frameworks else {}
    modes = CONTROL_REGISTERS[platform.machine()][1]
    isas = [name for name, runs_here in _kernels.isas().items() if runs_here]
    expected, expected_sums = values(n_elements, adapters), sums()
    for isa in isas:
        _kernels.choose_isa(isa)
        for mode in modes:
            with FloatingPointMode(mode) as changed:
                before = changed.register(changed.read()).value & ~0x3F  # without what sums have left there
                found, found_sums = values(n_elements, adapters), sums()
                after = changed.register(changed.read()).value & ~0x3F
            row.demand(before == after, "the mode is another one after", mode, "on", isa)
            wrong = [name for name in expected if not same_bits(np.asarray(found[name]), np.asarray(expected[name]))]
            row.demand(not wrong, "in mode", mode, "on", isa, "other bits of", wrong)
            row.demand(found_sums != expected_sums, "the control of", mode, "was not found")
    _kernels.choose_isa(None)
    anew()
    return f"{len(expected)} results, {len(modes)} modes, on {', '.join(isas)}; the controls are found in each"


if __name__ == "__main__":
    row.run(attack, 300, "elements of each law", "--with", ("torch",))
