"""The caller's own code runs while a fill knows where arrays are: their memory stays where it is meanwhile."""

import signal

import numpy as np
import pytest

import fastinit as fi
from fastinit import _kernels

REFUSED = r"^cannot resize an array that references or is referenced"


def resize(array):
    """As small as it goes, whoever refers to it: this frees the rest."""
    array.resize((1,), refcheck=False)


class Exporter:
    """An array that does something when it is looked at."""

    def __init__(self, array, act):
        self.array, self.act = array, act

    @property
    def __array_interface__(self):
        self.act()
        return self.array.__array_interface__


def arrays():
    return {name: np.zeros(100_000, np.float32) for name in "abc"}


def test_numpy_resizes_what_nobody_keeps():
    """Else the tests below would show nothing."""
    a = np.zeros(1000)
    view = a[::2]
    resize(a)
    assert a.size == 1
    del view


def test_progress_cannot_take_memory_away():
    named = arrays()
    with pytest.raises(ValueError, match=REFUSED):
        fi.initialize(named, {"*": "normal"}, rng=0, progress=lambda n_bytes: resize(named["a"]))
    assert named["a"].size == 100_000
    resize(named["a"])  # again free to go


@pytest.mark.parametrize("scheme", ["normal", "orthogonal"])
@pytest.mark.parametrize("kind", ["plain", "transposed", "view", "bytes", "subclass", "memoryview", "strided"])
def test_a_later_array_cannot_take_an_earlier_ones_memory_away(kind, scheme):
    owner = np.zeros((300, 200), np.float32)
    earlier = {
        "plain": owner,
        "transposed": owner.T,
        "view": owner[::2, 1:],
        "bytes": owner.view(np.uint8).view(np.float32),
        "subclass": owner.view(np.memmap),
        "memoryview": memoryview(owner),
        "strided": np.lib.stride_tricks.as_strided(owner, (150, 200), (1600, 4)),
    }[kind]
    later = Exporter(np.zeros(10, np.float32), lambda: resize(owner))
    with pytest.raises(TypeError, match=r"arrays\['b'\].*, got Exporter \(cannot resize an array that references"):
        fi.initialize({"a": earlier, "b": later}, {"a": scheme, "b": "normal"}, rng=0)
    assert owner.size == 60_000


class DummyArray:
    """No owner of a strided array, for all its name, and an array that it is the owner of."""

    def __init__(self):
        self.own = np.zeros(10, np.float32)
        self.__array_interface__ = self.own.__array_interface__

    @property
    def base(self):
        raise ZeroDivisionError


def test_an_owner_is_not_known_by_its_name():
    out = np.asarray(DummyArray())
    assert (fi.ones(out=out) == 1).all()


def test_owners_of_each_other():
    """Which a caller can make of NumPy's own: the search for the last of them ends."""
    out = np.lib.stride_tricks.as_strided(np.zeros(10, np.float32))
    out.base.base = out.base
    assert (fi.ones(out=out) == 1).all()


@pytest.mark.parametrize("kind", ["subclass", "memoryview", "view"])
def test_an_index_cannot_take_memory_away(kind):
    class Start:
        def __index__(self):
            with pytest.raises(ValueError, match=REFUSED):
                resize(owner)
            return 1

    owner = np.zeros(60_000, np.float32)
    out = {"subclass": owner.view(np.memmap), "memoryview": memoryview(owner), "view": owner[::2]}[kind]
    fi.normal((len(out) + 1,), out=out, index=np.s_[Start() :], rng=0)
    assert (np.asarray(out) == fi.normal((len(out) + 1,), rng=0)[1:]).all()


def test_a_seed_cannot_take_memory_away():
    class Seed(list):
        def __iter__(self):
            with pytest.raises(ValueError, match=REFUSED):
                resize(out)
            return super().__iter__()

    out = np.zeros((300, 200), np.float32)
    fi.normal((600, 200), out=out, index=np.s_[::2], rng=Seed([1, 2]))
    assert (out == fi.normal((600, 200), rng=[1, 2])[::2]).all()


@pytest.fixture
def slow_kernels():
    chosen = _kernels.isa()
    assert _kernels.choose_isa("portable")
    yield
    assert _kernels.choose_isa(chosen)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that sends signals")
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("kind", ["whole", "view", "many"])
def test_a_signals_handler_cannot_take_memory_away(kind, n_threads, slow_kernels):
    """Handlers run in the middle of a fill, in the thread that called it."""
    out = np.zeros((1 << 12, 1 << 12), np.float32)
    parts = {"whole": [out], "view": [out[:, ::-1]], "many": [out[:10], out[10:]]}[kind]
    seen = []

    def handler(number, frame):
        seen.append(float(out[-1, -1]))
        resize(out)

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(ValueError, match=REFUSED):
            fi.initialize(parts, {"*": "truncated_normal"}, rng=0, threads=n_threads)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen == [0.0]  # before the end was reached
    assert out.size == 1 << 24


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that sends signals")
def test_a_handler_may_fill_another_array_in_the_middle_of_a_fill(slow_kernels):
    out, other, expected = np.zeros(1 << 23, np.float32), [], fi.normal(300_000, rng=5, threads=1)
    whole = fi.truncated_normal(1 << 23, rng=0, threads=1)
    before = signal.signal(signal.SIGALRM, lambda number, frame: other.append(fi.normal(300_000, rng=5, threads=2)))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        fi.truncated_normal(out=out, rng=0, threads=2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (out == whole).all()
    assert len(other) == 1
    assert (other[0] == expected).all()
