"""The picture that a link to the site shows elsewhere: normals of some libraries, as the saved run has them."""

from __future__ import annotations

import re
from pathlib import Path

OWN = "fastinit"
SHOWN = (OWN, "MKL VSL, ICDF", "PyTorch", "NumPy", "JAX")
SAID = "Neural-network weights, filled by all cores.\nThe same bits on every machine, for any number of threads."
OURS, OTHERS, INK, FAINT_INK = "#D55E00", "#bdbdbd", "#1f2328", "#656d76"
INCHES, DOTS_PER_INCH = (12, 6.3), 100  # 1200 x 630, the size that cards have


def rates(saved: str) -> dict[str, float]:
    """Normals in 10^9/s on one thread, by library, from the text of a run."""
    lines = saved.partition("\n1 thread")[2].partition("\n\n")[0].splitlines()[1:]
    cells = {name: rest for name, *rest in (re.split(r"\s{2,}", line) for line in lines)}
    # Uniforms, their ratio, normals, their ratio; our own row has no ratios.
    return {name: float(cells[name][1 if name == OWN else 2].split()[0]) for name in SHOWN if name in cells}


def draw(saved: Path, path: Path) -> None:
    from matplotlib.figure import Figure

    found = rates(saved.read_text())
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH)
    figure.text(0.055, 0.84, "fastinit", fontsize=46, weight="bold", color=INK, va="center")
    figure.text(0.055, 0.67, SAID, fontsize=21, color=INK, va="center", linespacing=1.4)
    axes = figure.add_axes((0.2, 0.13, 0.66, 0.4))
    names = list(found)[::-1]
    axes.barh(names, [found[name] for name in names], 0.62, color=[OURS if n == OWN else OTHERS for n in names])
    beside = dict(xytext=(8, 0), textcoords="offset points", va="center", fontsize=17, color=INK)
    for y, name in enumerate(names):
        axes.annotate(f"{found[name]:.2g}", (found[name], y), weight="bold" if name == OWN else "normal", **beside)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0, labelsize=17, labelcolor=INK)
    figure.text(0.055, 0.06, "10⁹ normals a second, float32, 512 MiB, one thread", fontsize=15, color=FAINT_INK)
    figure.savefig(path)
