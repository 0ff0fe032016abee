"""What training does to the sick modules and to their healthy twins: ``python tests/pytorch/module_training.py``.

Each learns its own batch by heart, 200 steps: classes drawn at random where it has logits, else noise of standard
deviation 0.3. Told is the loss after SGD at 0.1, and after Adam at 0.001, over what the best constant output reaches,
of the sick module and of its twin, or the perceptron if it has none. Not a test. On one processor, with
PyTorch 2.13, it was:

    verdict           SGD      Adam  twin SGD      Adam  module
    symmetric         1.1      1.38  0.000236  6.85e-05  perceptron, constant
    symmetric         1.1      1.58  0.000236  6.85e-05  perceptron, zero
    symmetric       0.059     0.149   0.00073  0.000309  VGG, constant
    symmetric      0.0511    0.0151    0.0299    0.0133  GPT, first layers of MLPs constant
    symmetric           1     0.477     0.269   0.00668  LSTM, constant
    symmetric        1.78      1.78  0.000573  0.000805  LoRA, A and B zero
    symmetric     0.00377    0.0147   0.00328  8.03e-05  ReZero, branches and gates zero
    dead              1.1      1.58  0.000236  6.85e-05  perceptron, biases -10
    dead             1.07      1.25  0.000297  4.59e-05  VGG without norms, biases -10
    dead           0.0513    0.0146    0.0299    0.0133  GPT, biases of MLPs -10
    dead             1.15      1.15      1.02     0.287  generator, norms' biases -10
    saturating    0.00244      8.19   0.00822   0.00532  tanh, weights 20 times too wide
    saturating     0.0696     0.776     0.269   0.00668  LSTM, weights 50 times too wide
    dead           0.0772     0.186    0.0023   0.00242  ResNet, norms' biases -10
    saturating     0.0257     0.278    0.0299    0.0133  GPT, queries and keys 30 times too wide
    saturating     0.0341     0.243    0.0299    0.0133  GPT, attention written out, queries and keys 30 times too wide
    saturating        1.8   0.00272    0.0299    0.0133  GPT, head 100 times too wide
    saturating     0.0291     0.098    0.0358     0.013  GPT with experts, router 500 times too wide
    saturating       1.71       1.6      1.02     0.287  generator, last layer 50 times too wide
    saturating        336         0  0.000236  6.85e-05  ViT, head 1000 times too wide
    exploding         nan         0  0.000236  6.85e-05  perceptron, weights 5 times too wide
    exploding         nan         0  0.000297  4.59e-05  VGG without norms, weights 6 times too wide
    exploding         nan   0.00021    0.0023   0.00242  ResNet without norms, 29 blocks
    exploding     0.00286     0.124  0.000236  6.85e-05  50 layers with batch normalization
    vanishing        1.06     0.563  0.000236  6.85e-05  perceptron, weights 10 times too narrow
    vanishing           1  1.32e-05  0.000297  4.59e-05  VGG without norms, weights 10 times too narrow
    vanishing        1.15     0.314      1.02     0.287  generator without norms
    vanishing           1         1  0.000236  6.85e-05  10 layers of sigmoid
    vanishing     0.00414   0.00569    0.0023   0.00242  ResNet, first half detached
    vanishing           1         1  0.000236  6.85e-05  30 layers of tanh, samples lost in biases
    symmetric        1.13    0.0563      1.03  3.46e-05  DiT, gates and ends zero
    not finite        nan       nan  0.000236  6.85e-05  ViT, a NaN
    not finite        nan       nan    0.0147    0.0212  Mamba, overflow

A few samples are learned by heart even by what is half broken: units that stay equal, or off, cost GPT and ReZero
nothing here, a half without gradients costs ResNet little, and one of SGD and Adam often recovers from a wrong scale.
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
    for _ in range(N_STEPS):
        output = called(module, batch)
        if report.logits:
            loss = functional.cross_entropy(output.reshape(-1, output.shape[-1]), targets)
        else:
            loss = (output - targets).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(loss.detach()) / constant


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
