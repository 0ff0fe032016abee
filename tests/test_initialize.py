"""fastinit.initialize: the same bits as filling each array by hand."""

import mmap
import os
import subprocess
import sys
import textwrap
from types import MappingProxyType

import numpy as np
import pytest
from cases import configured, takes
from fills import layouts, same_bits

import fastinit as fi
from fastinit.filling import run


def filled(value=7):
    """A mapping of arrays of many kinds: small and large, of every layout, scalar and empty."""
    shapes = {"w1": (64, 48), "w2": (3, 3, 20, 30), "flat": (1, 1000), "large": (300, 517), "none": (0, 5)}
    arrays = {f"h.0.{name}": np.full(shape, value, np.float32) for name, shape in shapes.items()}
    for name, array in layouts((130, 70)).items():
        array[...] = value
        arrays[f"layout {name}"] = array
    buffer = bytearray(np.full(12, value, np.float32).tobytes())
    arrays["memoryview"] = memoryview(buffer).cast("f", (3, 4))
    return arrays


def by_hand(scheme, arrays, **arguments):
    shapes = {name: np.asarray(array).shape for name, array in arrays.items()}
    return {name: scheme(shape, name=name, **arguments) for name, shape in shapes.items()}


def assert_equal(arrays, expected):
    assert arrays.keys() == expected.keys()
    for name, array in arrays.items():
        assert same_bits(np.asarray(array), expected[name]), name


@pytest.mark.parametrize("name", fi.schemes())
def test_equals_filling_by_hand(name):
    scheme, arrays = configured(name), {k: a for k, a in filled().items() if takes(name, np.asarray(a).shape)}
    assert len(arrays) >= 1
    assert fi.initialize(arrays, {"*": scheme}, rng=3) is arrays
    assert_equal(arrays, by_hand(scheme, arrays, rng=3))


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
def test_threads(isa, n_threads):
    arrays = {f"small {i}": np.empty((i % 5, 7 * i), np.float32) for i in range(300)} | filled()
    fi.initialize(arrays, {"small*": fi.get("normal", std=0.02), "*": fi.glorot_uniform}, rng=1, threads=n_threads)
    expected = by_hand(fi.get("normal", std=0.02), {k: v for k, v in arrays.items() if k.startswith("small")}, rng=1)
    expected |= by_hand(fi.glorot_uniform, {k: v for k, v in arrays.items() if not k.startswith("small")}, rng=1)
    assert_equal(arrays, expected)


def test_slabs_and_shares_cover_every_element():
    """The positions at which work is cut, for a large array between small ones and for more threads than arrays."""
    arrays = {"a": np.zeros(3, np.float32), "b": np.zeros(3_000_000, np.float32), "c": np.zeros(5, np.float32)}
    for n_threads in (1, 2, 5, 64):
        fi.initialize(arrays, {"*": "ones"}, threads=n_threads)
        assert all((array == 1).all() for array in arrays.values()), n_threads
        fi.initialize(arrays, {"*": "zeros"})


def test_scalars():
    arrays = {"a": np.empty((), np.float32), "b": np.empty((), np.float32)}
    fi.initialize(arrays, {"*": "normal"}, rng=0)
    assert_equal(arrays, by_hand(fi.normal, arrays, rng=0))


def test_streamed_stores(monkeypatch):
    monkeypatch.setattr(run, "STREAM_BYTES", 0)
    arrays = filled()
    fi.initialize(arrays, {"*": fi.uniform}, rng=0, threads=2)
    assert_equal(arrays, by_hand(fi.uniform, arrays, rng=0))


def test_names_of_any_kind():
    names = ["", "naïve", "重み", "x" * 5000, "\0", "a\nb"]
    arrays = {name: np.empty(33, np.float32) for name in names}
    fi.initialize(arrays, {"*": "normal"}, rng=0)
    assert_equal(arrays, by_hand(fi.normal, arrays, rng=0))


def test_memmap(tmp_path):
    array = np.memmap(tmp_path / "w", np.float32, "w+", shape=(40, 50))
    fi.initialize({"w": array}, {"w": "he_normal"}, rng=0)
    assert same_bits(np.asarray(array), fi.he_normal((40, 50), rng=0, name="w"))


def test_mappings_of_other_types():
    arrays = MappingProxyType({"w": np.empty(5, np.float32)})
    assert fi.initialize(arrays, MappingProxyType({"*": "normal"}), rng=0) is arrays
    assert same_bits(arrays["w"], fi.normal(5, rng=0, name="w"))
    assert fi.initialize({}, {}) == {}


@pytest.mark.parametrize("rng", [5, 2**70, [1, 2], np.random.SeedSequence(5)], ids=str)
def test_pure_seeds(rng):
    arrays = filled()
    fi.initialize(arrays, {"*": "normal"}, rng=rng)
    assert_equal(arrays, by_hand(fi.normal, arrays, rng=rng))


def test_generators_are_advanced_once():
    arrays, generator, twin = filled(), np.random.default_rng(0), np.random.default_rng(0)
    fi.initialize(arrays, {"*": "normal"}, rng=generator)
    assert_equal(arrays, by_hand(fi.normal, arrays, rng=0))
    fi.normal(1, rng=twin)
    assert generator.bit_generator.state == twin.bit_generator.state
    fi.initialize(arrays, {"*": "zeros"}, rng=generator)
    assert generator.bit_generator.state == twin.bit_generator.state


def test_none_is_fresh():
    arrays = {name: np.empty(100, np.float32) for name in "ab"}
    before = [fi.initialize(arrays, {"*": "normal"})[name].copy() for name in "ab"]
    fi.initialize(arrays, {"*": "normal"})
    values = [*before, *arrays.values()]
    assert all(not np.array_equal(a, b) for i, a in enumerate(values) for b in values[:i])


RULES = [
    ({"*.bias": "zeros", "*": "ones"}, {"a.bias": 0, "a.weight": 1, "b": 1}),
    ({"a.bias": "ones", "*.bias": "zeros", "[ab]*": fi.get("constant", value=2)}, {"a.bias": 1, "c.bias": 0, "b": 2}),
    ({"h.?.w": "zeros", "h.??.w": "ones", "*": fi.get("constant", value=2)}, {"h.1.w": 0, "h.11.w": 1, "H.1.w": 2}),
    ({"[!a]": fi.ones, "a": fi.zeros}, {"a": 0, "b": 1, "\n": 1}),
    ({"x[": "zeros", "a.b": "ones", "a*b": fi.get("constant", value=2)}, {"x[": 0, "a.b": 1, "a+b": 2, "ab": 2}),
    ({"a": "ones", "*": "zeros"}, {"a": 1, "aa": 0}),
]


@pytest.mark.parametrize(("rules", "values"), RULES)
def test_the_first_rule_that_matches(rules, values):
    arrays = {name: np.full(3, 7, np.float32) for name in values}
    fi.initialize(arrays, rules)
    assert {name: array[0] for name, array in arrays.items()} == values


def test_many_rules():
    arrays = {f"w{i}": np.empty(2, np.float32) for i in range(3000)}
    fi.initialize(arrays, {name: fi.get("constant", value=i) for i, name in enumerate(arrays)})
    assert [array[1] for array in arrays.values()] == list(range(3000))


def test_parts_of_one_array():
    """Interleaved slices share no byte, though their ranges of addresses overlap."""
    whole = np.zeros((60, 90), np.float32)
    parts = {"q": whole[:, :30], "k": whole[:, 30:60], "v": whole[:, 60:], "none": whole[3:3]}
    fi.initialize(parts, {"*": "normal"}, rng=0)
    assert_equal(parts, by_hand(fi.normal, parts, rng=0))


def test_progress_adds_up():
    arrays, written = filled(), []
    fi.initialize(arrays, {"*": "normal"}, rng=0, progress=written.append)
    assert sum(written) == sum(np.asarray(array).nbytes for array in arrays.values())
    large, written = {name: np.empty(50_000_000, np.float32) for name in "ab"}, []
    fi.initialize(large, {"*": "zeros"}, threads=2, progress=written.append)  # by default a busy machine's may be fewer
    assert len(written) == 2
    assert min(written) > 0
    assert sum(written) == 400_000_000


def test_an_exception_of_progress_ends_the_call():
    def fail(n_bytes):
        raise RuntimeError("enough")

    arrays = {name: np.zeros(70_000_000, np.float32) for name in "ab"}
    with pytest.raises(RuntimeError, match="enough"):
        fi.initialize(arrays, {"*": "ones"}, progress=fail)
    assert arrays["a"][0] == 1
    assert arrays["b"][-1] == 0


def run_python(code):
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=os.path.dirname(__file__))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.heavy
def test_interrupt_stops_between_slabs():
    code = """
        import os, signal, threading
        import numpy as np
        import fastinit as fi
        from fastinit import _kernels
        _kernels.choose_isa("portable")
        arrays = {str(i): np.zeros(1 << 20, np.float32) for i in range(320)}
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs without
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            fi.initialize(arrays, {"*": "normal"}, rng=0, threads=1)
        except KeyboardInterrupt:
            print("interrupted", arrays["0"].any(), arrays["319"].any())
    """
    assert run_python(code) == "interrupted True False"


def test_a_forked_child():
    code = """
        import os, signal
        import numpy as np
        import fastinit as fi
        arrays = {str(i): np.zeros(1 << 20, np.float32) for i in range(4)}
        fi.initialize(arrays, {"*": "normal"}, rng=0, threads=2)
        pid = os.fork()
        if pid == 0:
            signal.alarm(60)
            again = {str(i): np.zeros(1 << 20, np.float32) for i in range(4)}
            fi.initialize(again, {"*": "normal"}, rng=0, threads=2)
            os._exit(0 if all((again[name] == arrays[name]).all() for name in arrays) else 1)
        print(os.waitpid(pid, 0)[1])
    """
    assert run_python(code) == "0"


def test_laws_that_differ_in_a_sign_of_zero_only():
    arrays = {"a": np.empty(2, np.float32), "b": np.empty(2, np.float32)}
    fi.initialize(arrays, {"a": fi.get("constant", value=-0.0), "b": "zeros"})
    assert np.signbit(arrays["a"]).all()
    assert not np.signbit(arrays["b"]).any()


def test_names_and_patterns_of_string_subclasses():
    class Weight(str):
        __slots__ = ()

        def __str__(self):
            return "another name"

    query = Weight("q.weight")
    arrays = {query: np.empty(5, np.float32)}
    fi.initialize(arrays, {query: "normal"}, rng=0)
    assert same_bits(arrays[query], fi.normal(5, rng=0, name="q.weight"))
    fi.initialize(arrays, {np.str_("q.*"): "ones"})
    assert arrays[query].tolist() == [1] * 5


def test_new_memory():
    """Pages asked for ahead of the stores hold the same values, whatever the arrays' ends and strides."""

    def new(n: int) -> np.ndarray:  # from the system itself: memory that the process had before would be no new one
        return np.frombuffer(mmap.mmap(-1, 4 * n), np.float32)

    sizes = (1, 1000, 3_000_001, 6_000_000)
    arrays = {f"{n}": new(n + 3)[3:] for n in sizes} | {"t": new(900 * 700).reshape(900, 700).T}
    halves, rows = new(8_000_000), new(6_000_000).reshape(2000, 3000)
    arrays |= {"half": halves[: 1 << 22], "rows": rows[:, :2500]}
    fi.initialize(arrays, {"*": "normal"}, rng=0)
    for name, array in arrays.items():
        assert (array == fi.normal(array.shape, rng=0, name=name)).all()
    assert not halves[1 << 22 :].any()
    assert not rows[:, 2500:].any()
