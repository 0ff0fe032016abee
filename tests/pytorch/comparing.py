"""A model built eagerly against the same from its plan, and under `accelerate`: what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

import fastinit.torch as ft

#: Standard errors beyond which a law is refused: of 10**5 scores, as the sweeps have, one in 10**5 runs is that far
#: off. Of samples of 12 values, one score in 10**6 is; fourth moments have heavier tails, but err on the low side.
MOST = 6.5

#: The same of Kolmogorov and Smirnov's distance: 2 exp(-2 x**2) is 10**-9.
MOST_APART = 3.3

#: Values of one tensor of which moments are compared, at least and at most, and distribution functions, at most.
FEWEST, MOST_VALUES, MOST_SORTED = 12, 1 << 20, 1 << 16

#: Values with which a scale 1 % off shows: of a normal law, by 10 standard errors of the mean of squares.
N_CONTROL = MOST_VALUES

#: Seeds of each way, of models with fewer elements than that, and of others. Two numbers of float32 that are equal in
#: three draws by chance are one in 10**14.
N_SEEDS, N_FEW_ELEMENTS, N_SEEDS_OF_LARGE = 8, 1 << 20, 3


class Comparison:
    """What differs between a model's ways, in words."""

    def __init__(self, build: Callable[[], nn.Module], run: Callable[[nn.Module], object]):
        self._build, self._run = build, run
        self.differences: list[str] = []
        self.seen = 0.0  #: a scale that is off, and was seen in the tensor with most random elements
        self.left_to_torch: dict[tuple[str, str], int] = {}  #: draws under `accelerate`, with the reason

    def make(self) -> None:
        plan = ft.record(self._build)
        theirs, ours = self._eager(0), self._materialized(0)
        self.differences += made_alike(theirs, ours)
        ft.initialize_(theirs, plan, rng=0)
        for (name, values), (_, others) in zip(flat(theirs), flat(ours), strict=True):
            if not np.array_equal(values, others, equal_nan=True):
                self.differences.append(f"{name}: initialize_ gives other values")
        self.differences += computed_alike(theirs, ours, self._run)
        n_elements = sum(values.size for _, values in flat(ours))
        del theirs, ours
        self._sample(N_SEEDS if n_elements < N_FEW_ELEMENTS else N_SEEDS_OF_LARGE)

    def _sample(self, n_seeds: int) -> None:
        eager = samples_of(self._eager, n_seeds)
        for way in (self._materialized, self._accelerated):
            ours = samples_of(way, n_seeds)
            self.differences += filled_alike(eager, ours)
        n_values, scale, is_seen = control(eager, ours)
        if not is_seen:
            self.differences.append(f"control: of {n_values} values, a scale off by {scale} is not seen")
        self.seen = scale

    def _eager(self, seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return self._build()

    def _materialized(self, seed: int) -> nn.Module:
        return ft.materialize(self._build, rng=seed)

    def _accelerated(self, seed: int) -> nn.Module:
        with ft.accelerate(rng=seed) as report:
            model = self._build()
        self.left_to_torch = dict(report.fell_back)
        return model


def scores(theirs: np.ndarray, ours: np.ndarray) -> list[float]:
    """How far the first, second and fourth moments of two samples are apart, in standard errors."""
    scale = ours.std() or 1.0
    found = []
    x, y = theirs / scale, ours / scale
    for _ in ("mean", "square", "fourth power"):
        error = np.sqrt(x.var() / x.size + y.var() / y.size)
        found.append(abs(x.mean() - y.mean()) / error if error else float(x.mean() != y.mean()) * 1e9)
        x, y = x * x, y * y
    return found


def apart(theirs: np.ndarray, ours: np.ndarray) -> float:
    """The greatest difference of two samples' distribution functions, times the root of their size."""
    both = np.sort(np.concatenate([theirs, ours]))
    shares = [np.searchsorted(np.sort(x), both, side="right") / x.size for x in (theirs, ours)]
    return float(abs(shares[0] - shares[1]).max() * np.sqrt(theirs.size * ours.size / both.size))


def ties(model: nn.Module) -> list[list[str]]:
    """Names of the same parameter, where it has several."""
    names: dict[int, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    return sorted(same for same in names.values() if len(same) > 1)


def made_alike(theirs: nn.Module, ours: nn.Module) -> Iterator[str]:
    """Differences in names, shapes, kinds and ties."""
    for what in ("named_parameters", "named_buffers", "state_dict"):
        names, others = ([*getattr(model, what)()] for model in (theirs, ours))
        if what != "state_dict":
            names, others = ([name for name, _ in pairs] for pairs in (names, others))
        if names != others:
            yield f"{what}: {sorted({*names} ^ {*others})[:4] or 'another order'}"
    if ties(theirs) != ties(ours):
        yield f"ties: {ties(ours)[:2]} instead of {ties(theirs)[:2]}"
    for (name, a), (_, b) in zip(tensors_of(theirs), tensors_of(ours), strict=False):
        kinds = [(type(x), tuple(x.shape), x.dtype, x.device, x.requires_grad, x.stride()) for x in (a, b)]
        if kinds[0] != kinds[1]:
            yield f"{name}: {kinds[1]} instead of {kinds[0]}"


def tensors_of(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def samples_of(make: Callable[[int], nn.Module], n_seeds: int) -> dict[str, np.ndarray]:
    """Each tensor's values in models of several seeds, a row for each."""
    rows: dict[str, list[np.ndarray]] = {}
    for seed in range(n_seeds):
        for name, values in flat(make(seed)):
            rows.setdefault(name, []).append(values)
    return {name: np.stack(values) for name, values in rows.items()}


def filled_alike(theirs: dict[str, np.ndarray], ours: dict[str, np.ndarray]) -> Iterator[str]:
    """Differences in samples: elements that no seed changes are equal, others have the same law."""
    for name, rows in theirs.items():
        yield from (f"{name}: {what}" for what in _unlike(rows, ours[name]))


def control(theirs: dict[str, np.ndarray], ours: dict[str, np.ndarray]) -> tuple[int, float, bool]:
    """Whether a scale that is off would be seen: of the tensor with most values that seeds change, and by how much."""
    name = max(theirs, key=lambda name: (theirs[name][0] != theirs[name][1]).sum())
    a, b = (rows[name].ravel()[:MOST_VALUES].astype(np.float64) for rows in (theirs, ours))
    scale = 1.01 if a.size >= N_CONTROL else 1.1
    return a.size, scale, max(scores(a, scale * b)) > MOST


def flat(model: nn.Module) -> Iterator[tuple[str, np.ndarray]]:
    for name, tensor in tensors_of(model):
        values = tensor.detach()
        values = torch.view_as_real(values) if values.is_complex() else values
        yield name, values.to(torch.float64 if values.dtype == torch.float64 else torch.float32).numpy().ravel()


def _unlike(theirs: np.ndarray, ours: np.ndarray) -> Iterator[str]:
    """The same of one tensor, a row for each seed."""
    is_fixed, is_ours_fixed = ((rows == rows[:1]).all(0) | np.isnan(rows).all(0) for rows in (theirs, ours))
    if not np.array_equal(theirs[0, is_fixed], ours[0, is_fixed], equal_nan=True):
        yield f"{(theirs[0] != ours[0])[is_fixed].sum()} of {is_fixed.sum()} elements that no seed changes differ"
    if (is_ours_fixed & ~is_fixed).any():
        yield f"{(is_ours_fixed & ~is_fixed).sum()} elements are the same for all seeds"
    theirs, ours = (rows[:, ~is_fixed].ravel()[:MOST_VALUES].astype(np.float64) for rows in (theirs, ours))
    few = theirs[:MOST_SORTED], ours[:MOST_SORTED]
    if theirs.size and apart(*few) > MOST_APART:
        yield f"distribution functions are {apart(*few):.1f} apart"
    if theirs.size >= FEWEST and max(scores(theirs, ours)) > MOST:
        yield f"moments are {', '.join(f'{score:.1f}' for score in scores(theirs, ours))} standard errors apart"


def computed_alike(theirs: nn.Module, ours: nn.Module, run: Callable[[nn.Module], object]) -> Iterator[str]:
    """Differences of the forward pass, once both models have the same weights."""
    with torch.no_grad():
        for (_, parameter), (_, other) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            parameter.copy_(other)
    outputs = []
    for model in (theirs, ours):
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            outputs.append(tensors_in(run(model.eval())))
    if len(outputs[0]) != len(outputs[1]) or not outputs[0]:
        yield f"forward pass: {len(outputs[1])} tensors instead of {len(outputs[0])}"
    elif not all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(*outputs, strict=True)):
        yield "forward pass: other values"


def tensors_in(output: object) -> list[torch.Tensor]:
    """The tensors of a model's output, whatever holds them."""
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)):
        return [tensor for item in output for tensor in tensors_in(item)]
    return []
