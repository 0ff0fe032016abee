"""What training does to the sick modules and to their healthy twins: ``python tests/pytorch/module_training.py``.

Each learns its own batch by heart, 200 steps: classes drawn at random where it has logits, else noise of standard
deviation 0.3. Of SGD at 0.1 and Adam at 0.001 the better is told: the loss after it over the loss before, and over the
best that a constant output reaches. Not a test: module_cases.py has what came out.
"""

import sys
import warnings

import module_cases
import torch
from torch.nn import functional

import fastinit as fi

N_STEPS = 200


def twin_of(case):
    """The healthy module of the longest name that begins as the sick one's."""
    named = [other for other in module_cases.HEALTHY if case.name.startswith(other.name)]
    return max(named, key=lambda other: len(other.name), default=module_cases.HEALTHY[0])


def called(module, batch):
    return module(*batch) if isinstance(batch, (list, tuple)) else module(batch)


def left(case, make_optimizer):
    """Loss after training over what a constant output reaches."""
    torch.manual_seed(0)
    module, batch = case.build(), case.batch and case.batch()
    report = fi.check(module, batch)
    if batch is None:
        from fastinit.torch.checking import batches

        (batch,) = batches.made(module, 8, 0).args
    with torch.no_grad():
        output = called(module, batch)
    if report.logits:
        targets = torch.randint(output.shape[-1], output.shape[:-1]).flatten()
        shares = torch.bincount(targets) / len(targets)
        constant = float(torch.special.entr(shares).sum())
    else:
        targets = torch.randn_like(output) * 0.3 + (output.detach().mean() > 0.2) * 0.5
        constant = float((targets - targets.mean(0)).square().mean())
    optimizer = make_optimizer([p for p in module.parameters() if p.requires_grad])
    best = float("inf")
    for _ in range(N_STEPS):
        output = called(module, batch)
        if report.logits:
            loss = functional.cross_entropy(output.reshape(-1, output.shape[-1]), targets)
        else:
            loss = (output - targets).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        best = float(loss.detach())
    return best / constant


def best_of(case):
    optimizers = [lambda p: torch.optim.SGD(p, lr=0.1), lambda p: torch.optim.Adam(p, lr=1e-3)]
    return [left(case, optimizer) for optimizer in optimizers]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in module_cases.SICK:
        if sys.argv[1:] and case.name not in sys.argv[1:]:
            continue
        sick, healthy = best_of(case), best_of(twin_of(case))
        numbers = "  ".join(f"{value:8.3g}" for value in (*sick, *healthy))
        print(f"{case.verdict:12} {numbers}  {case.name}", flush=True)
