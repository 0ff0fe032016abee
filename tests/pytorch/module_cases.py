"""Healthy modules and sick ones, each with the verdict and why; module_training.py has what training does to them."""

import math
from collections.abc import Callable
from typing import NamedTuple

import real_images
import real_modules as real
from module_faults import (
    causal_gpt,
    deep_batch_norm,
    deep_sigmoid,
    detached_resnet,
    filled,
    lost_in_biases,
    named,
    residual_without_norm,
    scaled,
)
from real_images import images, small_images
from torch import nn


class Case(NamedTuple):
    name: str
    build: Callable[[], nn.Module]
    batch: Callable[[], object] | None  #: None: one is made by `fastinit.check`
    verdict: str
    why: str


HEALTHY = [
    Case("perceptron", real.perceptron, None, "healthy", "He et al. 2015"),
    Case(
        "perceptron, PyTorch's weights", lambda: real.perceptron(he=False), None, "healthy", "as its library begins it"
    ),
    Case("tanh", lambda: real.perceptron(activation=nn.Tanh, he=False), None, "healthy", "as its library begins it"),
    Case(
        "ResNet, zero ends",
        real_images.resnet,
        small_images,
        "healthy",
        "Goyal et al. 2017",
    ),
    Case("ResNet", lambda: real_images.resnet(zero_end=False), small_images, "healthy", "He et al. 2016"),
    Case("VGG", real_images.vgg, images, "healthy", "batch normalization keeps scales"),
    Case("VGG without norms", lambda: real_images.vgg(norm=False), images, "healthy", "He's weights keep scales"),
    Case("VGG, weights 10 times too small", scaled(real_images.vgg, 0.1), images, "healthy", "norms take scales away"),
    Case("ViT, zero head", real_images.ViT, images, "healthy", "timm's; the head moves first"),
    Case("GPT", real.GPT, None, "healthy", "GPT-2: small branches, narrow ends"),
    Case("GPT, attention written out", causal_gpt(fused=False), None, "healthy", "the same"),
    Case("GPT with experts", causal_gpt(mlp=real.MoE, n_layers=2), None, "healthy", "some experts may see no token"),
    Case("Mamba", real.Mamba, None, "healthy", "steps of 0.01 are meant"),
    Case("LSTM", real.LstmClassifier, None, "healthy", "PyTorch's own weights"),
    Case("generator", real_images.generator, None, "healthy", "DCGAN"),
    Case("discriminator", real_images.discriminator, images, "healthy", "DCGAN"),
    Case("LoRA", real.lora, None, "healthy", "B is zero, A is not"),
    Case("DiT", real_images.DiT, real_images.patches_and_times, "healthy", "adaLN-zero: three zeros in a row"),
    Case("UNet", real_images.UNet, real_images.images_and_times, "healthy", "zero last convolution"),
    Case("ReZero", real.ReZero, None, "healthy", "gates begin at zero"),
    Case("Mixer", real_images.Mixer, images, "healthy", "as published"),
    Case("autoencoder", real.autoencoder, None, "healthy", "PyTorch's own weights"),
    Case("encoder, post-norm, dropout", real.transformer_encoder, None, "healthy", "PyTorch's own"),
]

SICK = [
    Case("perceptron, constant", filled(real.perceptron, 0.1), None, "symmetric", "units stay equal"),
    Case("perceptron, zero", filled(real.perceptron, 0.0), None, "symmetric", "only the last bias moves"),
    Case("VGG, constant", filled(real_images.vgg, 0.1), images, "symmetric", "channels stay equal"),
    Case(
        "GPT, first layers of MLPs constant",
        filled(real.GPT, 0.02, named("fc1.weight", "fc2.weight")),
        None,
        "symmetric",
        "hidden units stay equal",
    ),
    Case("LSTM, constant", filled(real.LstmClassifier, 0.1, named("l0", "l1")), None, "symmetric", "units stay equal"),
    Case("LoRA, A and B zero", filled(real.lora, 0.0, named("lora_A.weight")), None, "symmetric", "neither moves"),
    Case(
        "ReZero, branches and gates zero",
        filled(real.ReZero, 0.0, named("fc1.weight", "fc2.weight", "fc1.bias", "fc2.bias")),
        None,
        "symmetric",
        "neither moves",
    ),
    Case("perceptron, biases -10", filled(real.perceptron, -10.0, named("bias")), None, "dead", "no unit is on"),
    Case(
        "VGG without norms, biases -10",
        filled(lambda: real_images.vgg(norm=False), -10.0, named("bias")),
        images,
        "dead",
        "no channel is on",
    ),
    Case(
        "ResNet, norms' biases -10",
        filled(real_images.resnet, -10.0, named("bn1.bias")),
        small_images,
        "dead",
        "branches are off",
    ),
    Case("GPT, biases of MLPs -10", filled(real.GPT, -10.0, named("fc1.bias")), None, "dead", "gelu is 0 below -5"),
    Case(
        "generator, norms' biases -10",
        filled(real_images.generator, -10.0, named("1.bias", "4.bias")),
        None,
        "dead",
        "no channel is on",
    ),
    Case(
        "tanh, weights 20 times too wide",
        scaled(lambda: real.perceptron(activation=nn.Tanh), 20.0),
        None,
        "saturating",
        "outputs are -1 or 1",
    ),
    Case(
        "LSTM, weights 50 times too wide",
        scaled(real.LstmClassifier, 50.0, named("l0", "l1")),
        None,
        "saturating",
        "gates are open or shut",
    ),
    Case(
        "GPT, queries and keys 30 times too wide",
        scaled(real.GPT, 30.0, named("qkv.weight")),
        None,
        "saturating",
        "each query sees one key",
    ),
    Case(
        "GPT, attention written out, queries and keys 30 times too wide",
        scaled(causal_gpt(fused=False), 30.0, named("qkv.weight")),
        None,
        "saturating",
        "each query sees one key",
    ),
    Case(
        "GPT, head 100 times too wide",
        scaled(causal_gpt(tied=False), 100.0, named("head.weight")),
        None,
        "saturating",
        "the first loss is far above ln(classes)",
    ),
    Case(
        "GPT with experts, router 500 times too wide",
        scaled(causal_gpt(mlp=real.MoE, n_layers=2), 500.0, named("router.weight")),
        None,
        "saturating",
        "one expert has each token, for good",
    ),
    Case(
        "generator, last layer 50 times too wide",
        scaled(real_images.generator, 50.0, named("9.weight")),
        None,
        "saturating",
        "all pixels are black or white",
    ),
    Case(
        "ViT, head 1000 times too wide",
        scaled(lambda: real_images.ViT(zero_head=False), 1000.0, named("head.weight")),
        images,
        "saturating",
        "the first loss is far above ln(classes)",
    ),
    Case("perceptron, weights 5 times too wide", scaled(real.perceptron, 5.0), None, "exploding", "5**12"),
    Case(
        "VGG without norms, weights 6 times too wide",
        scaled(lambda: real_images.vgg(norm=False), 6.0),
        images,
        "exploding",
        "6**12",
    ),
    Case(
        "ResNet without norms, 29 blocks",
        residual_without_norm,
        small_images,
        "exploding",
        "each block adds its own scale",
    ),
    Case("50 layers with batch normalization", deep_batch_norm, None, "exploding", "gradients: Yang et al. 2019"),
    Case("perceptron, weights 10 times too narrow", scaled(real.perceptron, 0.1), None, "vanishing", "1e-12"),
    Case(
        "VGG without norms, weights 10 times too narrow",
        scaled(lambda: real_images.vgg(norm=False), 0.1),
        images,
        "vanishing",
        "1e-12",
    ),
    Case("generator without norms", lambda: real_images.generator(norm=False), None, "vanishing", "0.02 is for norms"),
    Case("10 layers of sigmoid", deep_sigmoid, None, "vanishing", "slopes of at most 1/4"),
    Case("ResNet, first half detached", detached_resnet, small_images, "vanishing", "as a detach() by mistake"),
    Case("30 layers of tanh, samples lost in biases", lost_in_biases, None, "vanishing", "Schoenholz et al. 2017"),
    Case(
        "DiT, gates and ends zero",
        filled(
            real_images.DiT, 0.0, named("fc2.weight", "proj.weight", "time.2.weight", "time.2.bias", "patch.weight")
        ),
        real_images.patches_and_times,
        "symmetric",
        "the time's layers and the gates never move",
    ),
    Case(
        "ViT, a NaN",
        filled(real_images.ViT, math.nan, named("pos_embed")),
        images,
        "not finite",
        "as a broken file has",
    ),
    Case("Mamba, overflow", filled(real.Mamba, 1e38, named("D")), None, "not finite", "beyond float32"),
]
