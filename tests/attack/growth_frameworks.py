"""Scenarios of `growth.py` for PyTorch's and JAX's adapters."""

from __future__ import annotations

from growth_scenarios import Scenario, refused


def torch_scenarios() -> list[Scenario]:
    import torch

    import fastinit.torch as ft

    weight, turned = torch.empty(12, 8), torch.empty(12, 8, dtype=torch.bfloat16).t()
    module = torch.nn.Linear(8, 6)
    generator = torch.Generator()

    def build() -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Linear(8, 6), torch.nn.LayerNorm(6))

    return [
        Scenario(
            "torch init.normal_", lambda: ft.init.normal_(weight, std=0.02, generator=generator), [weight, generator]
        ),
        Scenario("torch init.kaiming_uniform_", lambda: ft.init.kaiming_uniform_(turned, a=5**0.5), [turned]),
        Scenario("torch initialize_", lambda: ft.initialize_(module, {"*": "normal"}, rng=0), [module]),
        Scenario("torch record", lambda: ft.record(lambda: torch.nn.Linear(8, 6)), []),
        Scenario("torch materialize", lambda: ft.materialize(build, rng=0), [build]),
        refused("torch init.normal_", ft.init.normal_, weight, std=-1.0),
        refused("torch initialize_", ft.initialize_, module, {"q": "normal"}, rng=0),
    ]


def jax_scenarios() -> list[Scenario]:
    import jax
    import jax.numpy as jnp

    import fastinit.jax as fj

    key, sharding = jax.random.key(0), jax.sharding.SingleDeviceSharding(jax.devices()[0])
    he, normal, compiled = fj.he_normal(), fj.normal(0.02), jax.jit(fj.orthogonal(), static_argnums=1)
    shapes = {"w": jax.ShapeDtypeStruct((12, 8), "float32"), "b": jax.ShapeDtypeStruct((8,), "bfloat16")}
    return [
        Scenario("jax he_normal", lambda: he(key, (12, 8), jnp.float32).block_until_ready(), [he, key]),
        Scenario("jax normal, bfloat16", lambda: normal(key, (12, 8), jnp.bfloat16).block_until_ready(), [normal, key]),
        Scenario("jax orthogonal under jit", lambda: compiled(key, (12, 8)).block_until_ready(), [compiled, key]),
        Scenario(
            "jax make_array", lambda: fj.make_array((12, 8), sharding, "he_normal").block_until_ready(), [sharding]
        ),
        Scenario("jax initialize", lambda: fj.initialize(shapes, {"b": "zeros", "*": he}), [shapes, he]),
        refused("jax normal", normal, key, (-1,)),
        refused("jax make_array", fj.make_array, (12, 8), sharding, "norml"),
        refused("jax initialize", fj.initialize, shapes, {"q": "zeros", "*": he}),
    ]
