"""What makes modules sick: builders of the same modules with other weights, and networks that are no good design."""

import real_images
import real_modules as real
import torch
from torch import nn


def weights_of(module):
    """Weights of layers with units: of more than one dimension, no embeddings and no adapters' or gates' zeros."""
    for part in module.modules():
        if isinstance(part, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)):
            yield part.weight


def scaled(build, factor, choose=weights_of):
    """The same module with chosen parameters times a factor."""

    def sick():
        module = build()
        with torch.no_grad():
            for parameter in choose(module):
                parameter.mul_(factor)
        return module

    return sick


def filled(build, value, choose=weights_of):
    """The same module with one number in chosen parameters."""

    def sick():
        module = build()
        with torch.no_grad():
            for parameter in choose(module):
                parameter.fill_(value)
        return module

    return sick


def named(*ends):
    """The parameters whose names end so."""
    return lambda module: [parameter for name, parameter in module.named_parameters() if name.endswith(ends)]


class Detached(nn.Module):
    """The first half gets no gradient, by mistake."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x):
        return self.second(self.first(x).detach())


def detached_resnet():
    net = real_images.resnet(zero_end=False)
    return Detached(net[:6], net[6:])


def deep_sigmoid():
    return real.perceptron(depth=10, activation=nn.Sigmoid, he=False)


def deep_batch_norm():
    layers = [part for _ in range(50) for part in (nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def residual_without_norm():
    return real_images.resnet(zero_end=False, norm=lambda n: nn.Identity(), n_blocks=14)


def lost_in_biases():
    """Samples become alike from layer to layer: weights that halve what varies, and biases that do not vary."""
    net = real.perceptron(depth=30, activation=nn.Tanh)
    for layer in net[::2]:
        nn.init.normal_(layer.weight, std=0.5 / 8)
        nn.init.normal_(layer.bias)
    return net


def causal_gpt(**options):
    return lambda: real.GPT(**options)
