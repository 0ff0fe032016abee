"""The results as a figure: peers against the memory ceiling, throughput by size, and by number of threads."""

from __future__ import annotations

import statistics
from pathlib import Path

from fastinit.bench import report
from fastinit.bench.measure import binary_size
from fastinit.bench.peer_interface import COMMON_LAWS
from fastinit.bench.report import CEILING
from fastinit.common.terminal import counted

# Two of Okabe and Ito's colours for us, since they stay apart for every kind of colour blindness; greys for the rest.
OURS = {"uniform": "#0072B2", "normal": "#D55E00"}
PEER = {"uniform": "#8c8c8c", "normal": "#bdbdbd"}
INK = "#333333"
FAINT_INK = "#6e6e6e"
DASHES = {"numpy": "-", "torch": (0, (4, 2))}
LABEL_GAP = 0.07  # of the axes' height, between two lines of small print

INCHES = (10, 6.6)
DOTS_PER_INCH = 120


def write(saved: dict, path: Path, kind: str) -> None:
    """Draw the three panels into a file of that kind: png, svg or pdf."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1))
        _bars(figure.add_subplot(grid[:, 0]), saved)
        _by_size(figure.add_subplot(grid[0, 1]), saved)
        _by_threads(figure.add_subplot(grid[1, 1]), saved)
        machine, plan, dtype = saved["machine"], saved["plan"], saved["results"][0]["dtype"]
        where = f"{machine['processor']}, {machine['instruction_set']}, {machine['n_processors']} processors"
        figure.suptitle(
            f"fastinit bench: {where}; {dtype}, medians of {plan['n_rounds']} rounds", color=INK, fontsize=10
        )
        figure.savefig(path, format=kind)


def _rate(result: dict, name: str) -> float:
    return statistics.median(report.bytes_per_second(result, name)) / 1e9


def _bars(axes, saved: dict) -> None:
    """Each contender on the most threads; on one where it knows no more."""
    most = {law: report.table_results(saved, law)[-1] for law in COMMON_LAWS}
    one = {law: report.table_results(saved, law)[0] for law in COMMON_LAWS}
    serial = [n for n in one["normal"]["seconds"] if saved["contenders"][n]["threads"] == "one"]
    shown = {law: {n: most[law] for n in report.names(most[law]) if n != CEILING} for law in COMMON_LAWS}
    for law in COMMON_LAWS:
        shown[law] |= {n: one[law] for n in serial if n in one[law]["seconds"]}
    order = sorted(shown["normal"], key=lambda n: _rate(shown["normal"][n], n))
    n_most = most["normal"]["n_threads"]
    for shift, law in ((0.19, "uniform"), (-0.19, "normal")):
        for y, name in enumerate(order):
            if name not in shown[law]:
                continue
            _bar(axes, y + shift, shown[law][name], name, labelled=name == "fastinit" or y == 0)
    ceiling = _rate(most["uniform"], CEILING)
    axes.axvline(ceiling, color=INK, linewidth=1, linestyle=":", zorder=0)
    axes.text(ceiling, -0.75, f"memory ceiling {ceiling:.3g} ", ha="right", va="center", fontsize=8, color=INK)
    labels = [report.title(n) + (" (1 thread)" if n in serial and n_most > 1 else "") for n in order]
    axes.set_yticks(range(len(order)), labels)
    for label, name in zip(axes.get_yticklabels(), order, strict=True):
        label.set_weight("bold" if name == "fastinit" else "normal")
    axes.set(xlabel="GB/s", ylim=(-1.1, len(order) - 0.4), xlim=(0, 1.2 * axes.dataLim.xmax))
    axes.tick_params(axis="y", length=0)
    size = binary_size(saved["plan"]["n_mib"] << 20)
    axes.set_title(f"{size}, {n_most} threads", loc="left", fontsize=9.5)


def _bar(axes, y: float, result: dict, name: str, labelled: bool) -> None:
    """The median, with a line from the least to the most of the rounds."""
    rates = [rate / 1e9 for rate in report.bytes_per_second(result, name)]
    rate, law, ours = statistics.median(rates), result["law"], name == "fastinit"
    axes.barh(y, rate, 0.36, color=(OURS if ours else PEER)[law])
    axes.plot([min(rates), max(rates)], [y, y], color=INK, linewidth=0.8)
    axes.annotate(
        f"{rate:.3g} {law}" if labelled else f"{rate:.3g}",
        (max(rates), y),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=INK,
        weight="bold" if ours else "normal",
        bbox=dict(facecolor="white", edgecolor="none", pad=0.5),  # so that no line strikes it out
    )


def _by_size(axes, saved: dict) -> None:
    curves = {}
    for law in COMMON_LAWS:
        results = report.size_results(saved, law)
        for name in report.names(results[0]):
            if name in ("fastinit", CEILING) or law == "normal":
                points = [r for r in results if name == CEILING or name in r["seconds"]]
                curves[law, name] = [r["n_bytes"] for r in points], [_rate(r, name) for r in points]
    del curves["normal", CEILING]
    _lines(axes, curves)
    ticks = [1 << i for i in range(10, 41, 6) if any(1 << i <= x[-1] for x, _ in curves.values())]
    axes.set(xscale="log", yscale="log", ylabel="GB/s")
    axes.set_xticks(ticks, [binary_size(n) for n in ticks], minor=False)
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    _name_curves(axes, curves)
    n_threads = report.size_results(saved, "normal")[0]["n_threads"]
    axes.set_title(f"By size, {counted(n_threads, 'thread')} (peers: normal)", loc="left", fontsize=9.5)


def _by_threads(axes, saved: dict) -> None:
    curves: dict = {}
    for law in COMMON_LAWS:
        for result in report.table_results(saved, law):
            for name in report.names(result):
                key = law, "torch" if name == "torch-slices" else name
                if name in ("fastinit", CEILING) or (law == "normal" and key[1] in ("numpy", "torch")):
                    xs, ys = curves.setdefault(key, ([], []))
                    xs.append(result["n_threads"])
                    ys.append(_rate(result, name))
    del curves["normal", CEILING]
    _lines(axes, curves)
    counts = sorted({x for xs, _ in curves.values() for x in xs})
    axes.set(xlabel="threads", ylabel="GB/s", ylim=(0, None))
    axes.set_xticks(counts, map(str, counts))
    _name_curves(axes, curves)
    size = binary_size(saved["plan"]["n_mib"] << 20)
    axes.set_title(f"By threads, {size} (peers: normal)", loc="left", fontsize=9.5)


def _lines(axes, curves: dict) -> None:
    """The curves, each in its own style."""
    for (law, name), (xs, ys) in curves.items():
        marker = 4 if name == "fastinit" else 2.5
        axes.plot(xs, ys, marker="o", markersize=marker, **_style(law, name))


def _style(law: str, name: str) -> dict:
    if name == "fastinit":
        return dict(color=OURS[law], linewidth=2.2)
    return dict(color=FAINT_INK, linewidth=1.2, linestyle=":" if name == CEILING else DASHES[name])


def _name_curves(axes, curves: dict) -> None:
    """Each name right of its curve's end, moved as far as needed to stand clear of the others."""
    forward = axes.transData + axes.transAxes.inverted()
    ends = sorted((forward.transform((xs[-1], ys[-1]))[1], key) for key, (xs, ys) in curves.items())
    heights = [height for height, _ in ends]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + LABEL_GAP)
    for height, (_, (law, name)) in zip(heights, ends, strict=True):
        ours = name == "fastinit"
        axes.text(
            1.02,
            height,
            f"fastinit, {law}" if ours else report.title(name),
            transform=axes.transAxes,
            va="center",
            fontsize=8,
            color=_style(law, name)["color"],
            weight="bold" if ours else "normal",
        )
