"""Eight devices: each gets its part, the parts are the whole bit for bit, and nobody makes more."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, SingleDeviceSharding
from jax.sharding import PartitionSpec as P

import fastinit as fi
import fastinit.jax as fj
from fastinit.filling import memory
from fastinit.schemes.register import Configured

KEY, WORDS = jax.random.key(3), [0, 3]
SHAPE = (64, 48)
SPECS = [
    P("a", "b"),
    P("b", "a"),
    P(("a", "b")),
    P(("b", "a"), None),
    P(None, "a"),
    P(None, ("b", "a")),
    P("b"),
    P(),
    P(None, None),
]


def mesh_of(kind=AxisType.Auto):
    return jax.make_mesh((4, 2), ("a", "b"), axis_types=(kind, kind))


@pytest.fixture
def filled_elements(monkeypatch):
    """How many elements each fill had."""
    counts, call = [], Configured.__call__

    def counted(self, *args, **kwargs):
        result = call(self, *args, **kwargs)
        counts.append(result.size)
        return result

    monkeypatch.setattr(Configured, "__call__", counted)
    return counts


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_initializers(spec, dtype, filled_elements):
    sharding = NamedSharding(mesh_of(), spec)
    whole = fi.he_normal(SHAPE, truncated=True, dtype=dtype, rng=WORDS)
    init = fj.he_normal(dtype=dtype)
    eager = init(KEY, SHAPE, out_sharding=sharding)
    del filled_elements[:]
    jitted = jax.jit(lambda key: init(key, SHAPE, out_sharding=sharding))(KEY)
    jitted.block_until_ready()
    part = int(np.prod(sharding.shard_shape(SHAPE)))
    assert sorted(filled_elements) == [0] + [part] * 8  # the check while tracing, then one call a device
    for values in eager, jitted:
        assert values.sharding.is_equivalent_to(sharding, 2)
        assert np.asarray(values).tobytes() == whole.tobytes()
        for shard in values.addressable_shards:
            assert np.asarray(shard.data).tobytes() == whole[shard.index].tobytes()


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_make_array(spec, monkeypatch):
    made, aligned = [], memory.aligned

    def recorded(*arguments):
        made.append(aligned(*arguments))
        return made[-1]

    monkeypatch.setattr(memory, "aligned", recorded)
    sharding = NamedSharding(mesh_of(), spec)
    values = fj.make_array(SHAPE, sharding, fi.get("normal", std=0.02), 5, "w")
    addresses = {array.ctypes.data for array in made if array.size}
    assert {shard.data.unsafe_buffer_pointer() for shard in values.addressable_shards} == addresses
    n_distinct = len({str(shard.index) for shard in values.addressable_shards})
    assert len(addresses) == n_distinct
    assert sum(array.size for array in made) == n_distinct * values.addressable_shards[0].data.size
    assert np.array_equal(values, fi.normal(SHAPE, std=0.02, rng=5, name="w"))


def test_other_shardings_and_shapes():
    for sharding in SingleDeviceSharding(jax.devices()[3]), NamedSharding(mesh_of(), P(), memory_kind="pinned_host"):
        values = fj.make_array((3, 5), sharding, "he_normal", dtype="bfloat16")
        assert values.sharding == sharding
        assert np.array_equal(values, fi.he_normal((3, 5), dtype="bfloat16", rng=0))
    replicated = NamedSharding(mesh_of(), P())
    assert np.array_equal(fj.make_array((), replicated, "normal"), fi.normal((), rng=0))
    assert fj.make_array((0, 4), NamedSharding(mesh_of(), P("a")), "normal").shape == (0, 4)
    once, again = (fj.make_array(8, replicated, "normal", np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(once, fi.normal(8, rng=np.random.default_rng(4)))
    assert np.array_equal(once, again)


def test_shared_memory_survives_donation():
    values = fj.make_array((8, 8), NamedSharding(mesh_of(), P()), "normal")
    changed = jax.jit(lambda x: x * 0 + 1, donate_argnums=0)(values)
    assert (np.asarray(changed) == 1).all()


@pytest.mark.parametrize("kind", [AxisType.Auto, AxisType.Explicit])
def test_specs_of_the_mesh_that_is_set(kind):
    init, whole = fj.he_normal(), fi.he_normal(SHAPE, truncated=True, rng=WORDS)
    with jax.set_mesh(mesh_of(kind)):
        eager = init(KEY, SHAPE, out_sharding=P("a", "b"))
        jitted = jax.jit(lambda key: init(key, SHAPE, out_sharding=P("a", "b")))(KEY)
        if kind is AxisType.Explicit:
            theirs = jax.nn.initializers.he_normal()(KEY, SHAPE, out_sharding=P("a", "b"))
            assert jax.typeof(eager) == jax.typeof(jitted) == jax.typeof(theirs)
        eager_everywhere, theirs = init(KEY, SHAPE), jax.nn.initializers.he_normal()(KEY, SHAPE)
        assert eager_everywhere.sharding.is_equivalent_to(theirs.sharding, 2)
        assert jax.typeof(eager_everywhere) == jax.typeof(theirs)
        assert np.array_equal(eager_everywhere, whole)
        tree = fj.initialize({"w": struct(8, 2)}, {"w": "normal"})
        assert tree["w"].sharding.is_equivalent_to(NamedSharding(mesh_of(kind), P()), 2)
    assert eager.sharding.spec == jitted.sharding.spec == P("a", "b")
    assert np.array_equal(eager, whole)
    assert np.array_equal(jitted, whole)


def test_tree():
    mesh = mesh_of()
    kernel = jax.ShapeDtypeStruct((64, 32), "bfloat16", sharding=NamedSharding(mesh, P("a", "b")))
    kept = jnp.arange(3.0)
    tree = {"fc": {"kernel": kernel, "bias": jnp.zeros(32)}, "list": [kept, np.zeros(2)], "none": None}
    rules = {"list.0": fi.keep, "*.bias": "ones", "*": "lecun_normal", "list.1": "zeros"}
    with pytest.raises(ValueError, match=r"initialize: rules: expected each to be used for at least one name"):
        fj.initialize(tree, rules)
    rules = {"list.0": fi.keep, "*.bias": "ones", "list.1": "zeros", "*": "lecun_normal"}
    seen = []
    made = fj.initialize(tree, rules, rng=2, progress=seen.append)
    assert jax.tree.structure(made) == jax.tree.structure(tree)
    assert made["fc"]["kernel"].sharding == kernel.sharding
    assert made["list"][0] is kept
    assert not made["fc"]["bias"].committed
    assert sum(seen) == 64 * 32 * 2 + 32 * 4 + 2 * 4
    whole = fi.lecun_normal((64, 32), dtype="bfloat16", rng=2, name="fc.kernel")
    assert np.asarray(made["fc"]["kernel"]).tobytes() == whole.tobytes()
    slashed = fj.initialize({"fc": {"kernel": kernel}}, {"*": "lecun_normal"}, rng=2, sep="/", skip=())
    assert np.array_equal(slashed["fc"]["kernel"], fi.lecun_normal((64, 32), dtype="bfloat16", rng=2, name="fc/kernel"))
    skipped = fj.initialize({"a": jnp.ones(3), "key": KEY}, {"*": "zeros"}, skip="key")
    assert skipped["key"] is KEY
    told = fj.initialize({"a": jnp.ones(3), "step": 17, "name": "x"}, {"name": fi.keep, "*": "zeros"}, skip="step")
    assert (told["step"], told["name"], float(told["a"][0])) == (17, "x", 0.0)
    assert fj.initialize({"a": jnp.ones(3), "key": KEY}, {"a": "zeros", "*": fi.keep})["key"] is KEY


def test_rules_that_are_functions():
    leaves = {"a": struct(6, 4), "b": jnp.zeros((6, 4)), "c": np.zeros((6, 4))}
    functions = [
        lambda name, shape: "he_normal",
        lambda name, shape: fi.get("he_normal"),
        fj.variance_scaling(2, "fan_in", "normal"),
    ]
    for rule in functions:
        made = fj.initialize(leaves, {"*": rule}, rng=4)
        for name, leaf in made.items():
            assert leaf.dtype == np.float32
            assert np.array_equal(leaf, fi.he_normal((6, 4), rng=4, name=name))


def test_keys_as_seeds():
    for key in KEY, jax.random.PRNGKey(3):
        made = fj.initialize({"a": struct(6)}, {"*": "normal"}, rng=key)
        assert np.array_equal(made["a"], fi.normal(6, rng=WORDS, name="a"))
        assert np.array_equal(fj.make_array(6, NamedSharding(mesh_of(), P()), "normal", key), fi.normal(6, rng=WORDS))


def test_shardings_over_the_mesh_that_is_set():
    """As ``jax.eval_shape`` makes them there."""
    with jax.set_mesh(mesh_of(AxisType.Explicit)) as _:
        shape = jax.eval_shape(jax.jit(lambda key: fj.normal()(key, (8, 8), out_sharding=P("a"))), KEY)
        made = fj.initialize({"w": shape}, {"*": "he_normal"}, rng=0)["w"]
        again = fj.make_array((8, 8), shape.sharding, "he_normal", rng=0, name="w")
    assert made.sharding.spec == again.sharding.spec == P("a", None)
    assert np.array_equal(made, fi.he_normal((8, 8), rng=0, name="w"))
    assert np.array_equal(again, made)
    with pytest.raises(
        ValueError, match="make_array: sharding: expected a sharding over devices, or over the mesh set"
    ):
        fj.make_array((8, 8), shape.sharding, "he_normal")


def under_mesh(call):
    with jax.set_mesh(mesh_of()):
        return call()


def in_jit(sharding):
    return jax.jit(lambda key: fj.normal()(key, (8,), out_sharding=sharding))(KEY)


def mesh_sharding(*spec):
    return NamedSharding(mesh_of(), P(*spec))


def struct(*shape):
    return jax.ShapeDtypeStruct(shape, "float32")


def test_under_a_mesh_that_is_set():
    """Alone, XLA would stop at a callback's result there."""
    init, whole = fj.he_normal(), fi.he_normal(SHAPE, truncated=True, rng=WORDS)
    for kind in AxisType.Auto, AxisType.Explicit:
        with jax.set_mesh(mesh_of(kind)):
            jitted = jax.jit(lambda key: init(key, SHAPE))(KEY)
            stacked = jax.jit(jax.vmap(lambda key: init(key, SHAPE)))(KEY[None])
        assert jitted.sharding.is_equivalent_to(NamedSharding(mesh_of(kind), P()), 2)
        assert np.array_equal(jitted, whole)
        assert np.array_equal(stacked[0], whole)


def test_kinds_of_memory():
    sharding = NamedSharding(mesh_of(), P("a"), memory_kind="pinned_host")
    for make in fj.normal(), jax.jit(fj.normal(), static_argnums=1, static_argnames="out_sharding"):
        values = make(KEY, (8, 4), out_sharding=sharding)
        assert values.sharding.memory_kind == "pinned_host"
        assert np.array_equal(values, fi.normal((8, 4), std=0.01, rng=WORDS))


def test_parts_beyond_32_bits():
    sharding = NamedSharding(mesh_of(), P("a"))
    shape = jax.eval_shape(lambda key: fj.normal()(key, (2**34,), "bfloat16", out_sharding=sharding), KEY)
    assert shape.shape == (2**34,)


REFUSED = [
    (lambda: fj.normal()(KEY, (65, 32), out_sharding=mesh_sharding("a")), "normal: out_sharding: expected .* evenly"),
    (lambda: fj.normal()(KEY, (8,), out_sharding=mesh_sharding("a", "b")), "normal: out_sharding: expected at most"),
    (lambda: jax.jit(lambda k: fj.normal()(k, (65, 2), out_sharding=mesh_sharding("a")))(KEY), "out_sharding: .*even"),
    (lambda: fj.normal()(KEY, (8,), out_sharding=P("a")), "normal: out_sharding: expected a mesh set by jax.set_mesh"),
    (lambda: fj.normal()(KEY, (8,), out_sharding=3), "normal: out_sharding: expected a NamedSharding or a Part"),
    (lambda: fj.normal()(KEY, (8,), out_sharding=mesh_sharding("a", None)), "normal: out_sharding: expected at most 1"),
    (lambda: fj.normal()(KEY, (8,), out_sharding=mesh_sharding(P.UNCONSTRAINED)), "out_sharding: expected axes of the"),
    (
        lambda: under_mesh(lambda: fj.normal()(KEY, (8,), out_sharding=P("z"))),
        "out_sharding: expected each axis",
    ),
    (lambda: under_mesh(lambda: fj.normal()(KEY, (8, 8), out_sharding=P("a", "a"))), "expected each axis of the mesh"),
    (lambda: fj.make_array((8,), NamedSharding(mesh_of().abstract_mesh, P("a")), "normal"), "mesh set by jax.set_mesh"),
    (lambda: in_jit(NamedSharding(mesh_of().abstract_mesh, P("a"))), "mesh set by jax.set_mesh"),
    (lambda: fj.initialize({"a": struct(-1)}, {"*": "normal"}), r"initialize: tree\['a'\] \(array: shape\): "),
    (
        lambda: fj.initialize({"a": struct(None)}, {"*": "normal"}),
        r"initialize: tree\['a'\] \(array: shape\): ",
    ),
    (
        lambda: fj.initialize({1: struct(3), "1": struct(3)}, {"*": "normal"}),
        "initialize: tree: expected what JAX",
    ),
    (lambda: fj.make_array((65, 3), mesh_sharding("a"), "normal"), r"make_array: sharding: .* P\('a',\) of"),
    (lambda: fj.make_array((65, 3), None, "normal"), "make_array: sharding: expected a jax"),
    (lambda: fj.make_array((8, 3), mesh_sharding("a"), "x"), "make_array: scheme: expected a scheme"),
    (lambda: fj.make_array((8,), mesh_sharding("a"), "he_normal"), "he_normal: shape: expected two dimensions"),
    (lambda: fj.make_array((8,), mesh_sharding("a"), "normal", "x"), "make_array: rng: expected None, a non-negative"),
    (lambda: fj.make_array((8,), mesh_sharding("a"), "normal", 0, 5), "make_array: name: expected a string, got 5"),
    (lambda: fj.make_array((8,), mesh_sharding("a"), "normal", dtype="float64"), "make_array: dtype: expected one"),
    (lambda: fj.make_array((8,), mesh_sharding("a"), "normal", dtype="U3"), "make_array: dtype: expected float32"),
    (lambda: fj.make_array((8,), mesh_sharding("a")), "make_array: scheme: expected a value, got nothing"),
    (lambda: fj.initialize({"a": 3}, {"*": "zeros"}), r"initialize: tree\['a'\]: expected an array or a jax.Shape"),
    (lambda: fj.initialize({"a": "x"}, {"*": "zeros"}), r"initialize: tree\['a'\]: expected an array or a jax.Shape"),
    (lambda: fj.initialize({"a": KEY}, {"*": "zeros"}), r"initialize: tree\['a'\] \(array: dtype\): expected"),
    (lambda: fj.initialize({"a": struct(3)}, {"b": "zeros"}), "initialize: rules: expected a rule for every name"),
    (lambda: fj.initialize({"a": struct(3)}, {"a": fi.keep}), r"initialize: tree\['a'\]: expected an array, to be"),
    (lambda: fj.initialize({"a": struct(3)}, {"a": "he_normal"}), r"initialize: arrays\['a'\] \(he_normal: shape\)"),
    (lambda: fj.initialize({"a": struct(3)}, 5), "initialize: rules: expected a mapping"),
    (lambda: jax.jit(lambda: fj.make_array(8, mesh_sharding("a"), "normal"))(), "make_array: call: expected one out"),
    (lambda: fj.initialize({"a": struct(3)}, {"*": "normal"}, rng=jax.random.split(KEY)), "rng: expected a single key"),
    (lambda: fj.initialize({"a": struct(3)}, {"a": "zeros"}, sep=5), "initialize: sep: expected a string"),
    (lambda: fj.initialize({"a": {"b": struct(3)}, "a.b": struct(3)}, {"*": "zeros"}), "a name for each leaf"),
    (
        lambda: jax.jit(lambda x: fj.initialize({"a": x}, {"*": "zeros"}))(jnp.ones(3)),
        "initialize: call: expected one outside of traced",
    ),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_refusals(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()
