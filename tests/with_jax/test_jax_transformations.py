"""Under jit, vmap, scan and eval_shape, and in Flax's, Equinox's and Haiku's modules: the values of the eager call."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fastinit as fi
import fastinit.jax as fj

KEY = jax.random.key(3)
INITIALIZERS = [fj.he_normal(), fj.normal(0.02, jnp.bfloat16), fj.lecun_uniform(dtype=jnp.complex64), fj.orthogonal()]


def same(tree, other):
    return jax.tree.structure(tree) == jax.tree.structure(other) and jax.tree.all(
        jax.tree.map(lambda a, b: a.dtype == b.dtype and np.array_equal(a, b), tree, other)
    )


@pytest.mark.parametrize("init", INITIALIZERS)
@pytest.mark.parametrize("key", [KEY, jax.random.PRNGKey(3)])
def test_jit(init, key):
    eager = init(key, (6, 8))
    assert same(jax.jit(lambda key: init(key, (6, 8)))(key), eager)
    assert same(jax.jit(lambda: init(key, (6, 8)))(), eager)


def test_nothing_is_drawn_while_tracing():
    """A compiled function has a callback, no constant: also where the key is known."""
    text = str(jax.make_jaxpr(lambda: fj.normal()(KEY, (1000,)))())
    assert "pure_callback" in text
    assert len(text) < 1000


def test_eval_shape():
    shape = jax.eval_shape(lambda key: fj.normal()(key, (10**6, 10**6), jnp.bfloat16), KEY)
    assert (shape.shape, shape.dtype) == ((10**6, 10**6), jnp.bfloat16)


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit])
def test_vmap_and_scan(wrap):
    init, keys = fj.he_normal(), jax.random.split(KEY, 3)
    expected = jnp.stack([init(key, (4, 5)) for key in keys])
    assert same(wrap(jax.vmap(lambda key: init(key, (4, 5))))(keys), expected)
    assert same(wrap(lambda keys: jax.lax.map(lambda key: init(key, (4, 5)), keys))(keys), expected)


def test_traced_numbers():
    scales = jnp.array([0.02, 1.0, 0.0])
    for make in fj.normal, fj.uniform, fj.truncated_normal, lambda s: fj.variance_scaling(s, "fan_in", "normal"):
        expected = jnp.stack([make(float(s))(KEY, (4, 5)) for s in scales])
        assert same(jax.vmap(lambda s, make=make: make(s)(KEY, (4, 5)))(scales), expected)
    both = jax.jit(lambda low, high: fj.truncated_normal(1.0, lower=low, upper=high)(KEY, (100,)))
    assert same(both(-1.0, 0.5), fj.truncated_normal(1.0, lower=-1.0, upper=0.5)(KEY, (100,)))


def test_gradients_pass_by():
    def loss(w, key):
        return (w * fj.normal(1.0)(key, (5,))).sum()

    for wrap in (lambda f: f), jax.jit:
        assert same(wrap(jax.grad(loss))(jnp.ones(5), KEY), fj.normal(1.0)(KEY, (5,)))


def test_linen():
    linen = pytest.importorskip("flax.linen")
    init, x = fj.he_normal(), jnp.ones((2, 8))

    class Block(linen.Module):
        @linen.compact
        def __call__(self, x, _):
            return linen.Dense(8, kernel_init=init)(x), None

    class Stack(linen.Module):
        @linen.compact
        def __call__(self, x):
            x = linen.Dense(8, kernel_init=linen.with_partitioning(init, (None, "model")))(x)
            stack = linen.scan(Block, variable_axes={"params": 0}, split_rngs={"params": True}, length=4)
            return stack()(x, None)[0]

    eager = Stack().init(KEY, x)
    assert same(eager, jax.jit(Stack().init)(KEY, x))
    kernel = eager["params"]["ScanBlock_0"]["Dense_0"]["kernel"]
    assert kernel.shape == (4, 8, 8)
    assert len({float(layer[0, 0]) for layer in kernel}) == 4
    bound = 2 * 0.5 / 0.87962566103423978
    assert 0.8 * bound < abs(kernel).max() < bound  # fan_in of 8, truncated at two standard deviations


def test_nnx():
    nnx = pytest.importorskip("flax.nnx")

    class Model(nnx.Module):
        def __init__(self, rngs):
            self.a = nnx.Linear(8, 32, kernel_init=fj.he_normal(), rngs=rngs)
            self.b = nnx.Linear(32, 8, kernel_init=fj.lecun_normal(), rngs=rngs)

    eager, jitted = Model(nnx.Rngs(0)), nnx.jit(lambda: Model(nnx.Rngs(0)))()
    assert same(nnx.state(eager), nnx.state(jitted))

    @nnx.split_rngs(splits=3)
    @nnx.vmap(in_axes=(0,), out_axes=0)
    def stacked(rngs):
        return nnx.Linear(8, 8, kernel_init=fj.he_normal(), rngs=rngs)

    kernel = stacked(nnx.Rngs(0)).kernel[...]
    assert len({float(layer[0, 0]) for layer in kernel}) == 3

    rules = {"*.bias": "zeros", "*": "he_normal"}
    nnx.update(eager, fj.initialize(nnx.state(eager, nnx.Param), rules, rng=0))
    assert np.array_equal(eager.a.kernel[...], fi.he_normal((8, 32), rng=0, name="a.kernel"))
    graph, state = nnx.split(nnx.eval_shape(lambda: Model(nnx.Rngs(0))))
    built = nnx.merge(graph, fj.initialize(state, rules, rng=0))
    assert same(nnx.state(built), nnx.state(eager))


def test_nnx_with_other_state():
    """Parameters by rules; statistics and dropout's keys by the model itself."""
    nnx = pytest.importorskip("flax.nnx")

    class Model(nnx.Module):
        def __init__(self, rngs):
            self.a = nnx.Linear(8, 8, rngs=rngs)
            self.norm, self.drop = nnx.BatchNorm(8, rngs=rngs), nnx.Dropout(0.5, rngs=rngs)

        def __call__(self, x):
            return self.drop(self.norm(self.a(x)))

    graph, params, _ = nnx.split(nnx.eval_shape(lambda: Model(nnx.Rngs(0))), nnx.Param, ...)
    rest = nnx.jit(lambda: nnx.state(Model(nnx.Rngs(0)), nnx.Not(nnx.Param)))()
    rules = {"*.bias": "zeros", "*.scale": "ones", "*": "he_normal"}
    model = nnx.merge(graph, fj.initialize(params, rules, rng=0), rest)
    assert np.array_equal(model.a.kernel[...], fi.he_normal((8, 8), rng=0, name="a.kernel"))
    assert model(jnp.ones((4, 8))).shape == (4, 8)


def test_linen_partitioned():
    linen = pytest.importorskip("flax.linen")
    from jax.sharding import AxisType, NamedSharding, PartitionSpec

    mesh = jax.make_mesh((4, 2), ("data", "model"), axis_types=(AxisType.Auto, AxisType.Auto))

    def kernel_init(key, shape, dtype):
        return fj.lecun_normal()(key, shape, dtype, out_sharding=PartitionSpec(None, "model"))

    class Model(linen.Module):
        @linen.compact
        def __call__(self, x):
            return linen.Dense(16, kernel_init=linen.with_partitioning(kernel_init, (None, "model")))(x)

    model, x = Model(), jnp.ones((2, 8))
    with jax.set_mesh(mesh):
        shapes = jax.eval_shape(model.init, KEY, x)
        variables = jax.jit(model.init)(KEY, x)
    assert variables["params"]["Dense_0"]["kernel"].value.sharding.spec == PartitionSpec(None, "model")
    specs = linen.get_partition_spec(shapes)
    shapes = jax.tree.map(
        lambda s, spec: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=NamedSharding(mesh, spec)),
        linen.unbox(shapes),
        specs,
    )
    made = fj.initialize(shapes, {"*.bias": "zeros", "*": "lecun_normal"}, rng=0)["params"]["Dense_0"]["kernel"]
    assert made.sharding.spec == PartitionSpec(None, "model")
    assert np.array_equal(made, fi.lecun_normal((8, 16), rng=0, name="params.Dense_0.kernel"))


def test_equinox():
    equinox = pytest.importorskip("equinox")
    shapes = equinox.filter_eval_shape(equinox.nn.MLP, 4, 2, 8, 2, key=KEY)
    shapes, static = equinox.partition(shapes, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
    rules = {"*.bias": "zeros", "*": fi.get("he_normal", fans="oi")}
    model = equinox.combine(fj.initialize(shapes, rules, rng=0), static)
    weight = fi.he_normal((8, 4), fans="oi", rng=0, name="layers.0.weight")
    assert np.array_equal(model.layers[0].weight, weight)
    assert model(jnp.ones(4)).shape == (2,)


def test_haiku():
    haiku = pytest.importorskip("haiku")

    def w_init(shape, dtype):
        return fj.he_normal()(haiku.next_rng_key(), shape, dtype)

    network = haiku.transform(lambda x: haiku.nets.MLP([16, 4], w_init=w_init)(x))
    x = jnp.ones((2, 8))
    assert same(network.init(KEY, x), jax.jit(network.init)(KEY, x))
    params = fj.initialize(jax.eval_shape(network.init, KEY, x), {"*.b": "zeros", "*": "he_normal"}, rng=0, sep=".")
    assert np.array_equal(params["mlp/~/linear_0"]["w"], fi.he_normal((8, 16), rng=0, name="mlp/~/linear_0.w"))
