"""The product of matrices that `check` multiplies with: its order of sums, shapes and strides, and who waits for it."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import reference_haar

from fastinit import _kernels
from fastinit.checking import products

#: Products in a chain.
CHAIN = 256

#: Rows, inner extent, columns: of one element, less and more than tiles, chains and units.
SHAPES = [(1, 1, 1), (3, 5, 2), (4, 256, 96), (7, 257, 13), (130, 30, 100), (258, 3, 201)]


def matrices(n_rows, n_inner, n_columns, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, n_inner)), rng.normal(size=(n_inner, n_columns))


def product(a, b, n_threads=1):
    c = np.full((a.shape[0], b.shape[1]), np.nan)
    _kernels.multiply(a, b, c, n_threads, products.workspace)
    return c


def in_order(a, b):
    """As src/multiply.h says."""
    total = reference_haar.product(a[:, :CHAIN], b[:CHAIN])
    for first in range(CHAIN, a.shape[1], CHAIN):
        total = total + reference_haar.product(a[:, first : first + CHAIN], b[first : first + CHAIN])
    return total


@pytest.mark.parametrize("shape", [(3, 5, 2), (6, 300, 15)])
def test_each_element_is_summed_in_the_stated_order(isa, shape):
    a, b = matrices(*shape)
    assert np.array_equal(product(a, b), in_order(a, b))


@pytest.mark.parametrize("shape", SHAPES)
def test_bits_depend_neither_on_threads_nor_on_the_order_of_b(shape):
    a, b = matrices(*shape)
    expected = product(a, b)
    assert np.allclose(expected, a @ b, rtol=0, atol=1e-12 * shape[1])
    for n_threads in (2, 3, 7, -2):
        assert np.array_equal(product(a, b, n_threads), expected)
    assert np.array_equal(product(a, np.asfortranarray(b)), expected)
    assert np.array_equal(product(a, np.repeat(b, 2, axis=1)[:, ::2]), expected)


def test_rows_may_lie_apart_and_what_is_between_them_stays():
    a, b = matrices(9, 11, 14)
    room = np.full((9, 3, 14), 7.0)
    _kernels.multiply(np.repeat(a, 2, axis=0)[::2], b, room[:, 1], 1, products.workspace)
    assert np.array_equal(room[:, 1], product(a, b))
    assert (room[:, ::2] == 7).all()


def test_what_is_not_finite_stays_in_its_row():
    a, b = matrices(6, 40, 30)
    clean = product(a, b)
    a[2, 3], a[4, 5] = np.inf, np.nan
    found = product(a, b)
    assert not np.isfinite(found[[2, 4]]).any()
    assert np.array_equal(found[[0, 1, 3, 5]], clean[[0, 1, 3, 5]])


def test_products_without_terms_are_zero():
    assert not product(np.zeros((3, 0)), np.zeros((0, 4))).any()
    assert product(np.zeros((0, 3)), np.zeros((3, 4))).shape == (0, 4)


def test_other_matrices_are_refused_before_anything_is_written():
    a, b = matrices(4, 5, 6)
    c = np.zeros((4, 6))
    read_only = np.zeros((4, 6))
    read_only.flags.writeable = False
    for bad in [
        (a.astype(np.float32), b, c),
        (a, b.astype(">f8"), c),
        (a[0], b, c),
        (a, b[:4], c),
        (a, b, np.zeros((4, 5))),
        (np.asfortranarray(a), b, c),
        (a, b, np.asfortranarray(c)),
        (a, b, read_only),
    ]:
        with pytest.raises(ValueError, match=r"^multiply: a, b, c: expected .*, got others$"):
            _kernels.multiply(*bad, 1, products.workspace)
    assert not c.any()


@pytest.mark.parametrize("extents", [(1, 1), (3, 5), (20, 30)])
@pytest.mark.parametrize("n_groups", [1, 3])
def test_groups_are_multiplied_each_by_its_own(extents, n_groups):
    n_inner, n_columns = extents
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(50, n_groups, n_inner)), rng.normal(size=(n_inner, n_groups, n_columns))
    expected = np.stack([a[:, g] @ b[:, g] for g in range(n_groups)], axis=1)
    found = products.grouped(a, b)
    assert np.allclose(found, expected, rtol=0, atol=1e-12)
    for one, other in [(np.asfortranarray(a), b), (a.astype(">f8"), b), (a, np.asfortranarray(b))]:
        assert np.array_equal(products.grouped(one, other), found)


def test_without_fused_hardware_numpy_multiplies(monkeypatch):
    monkeypatch.setattr(_kernels, "multiplies", lambda: False)
    monkeypatch.setattr(_kernels, "multiply", None)
    a, b = matrices(20, 30, 40)
    assert np.array_equal(products.grouped(a[:, None], b[:, None])[:, 0], a @ b)


#: Ticks of processor time, of 10 ms, of the threads of NumPy's BLAS, the only ones after its import. They wait in a
#: loop at first, for some 25 ms.
CHECK = """
import os
import time
import numpy as np

def ticks(thread):
    with open(f"/proc/self/task/{thread}/stat") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))

blas = set(os.listdir("/proc/self/task")) - {str(os.getpid())}
import fastinit as fi
time.sleep(0.2)
before = sum(map(ticks, blas))
EXPRESSION
print(len(blas), sum(map(ticks, blas)) - before)
"""


def ticks_of_blas(expression):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    code = textwrap.dedent(CHECK).replace("EXPRESSION", expression)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return map(int, done.stdout.split())


@pytest.mark.heavy
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads' times are read in /proc")
@pytest.mark.parametrize(
    "checked",
    ["[600] * 4, 'relu', rng=0", "[(3, 3, 8, 64), (64, 600), (600, 600)], 'tanh', rng=0"],
    ids=["dense", "convolution"],
)
def test_check_leaves_the_threads_of_blas_alone(checked):
    n_threads, worked = ticks_of_blas("a = np.ones((600, 600)); [a @ a for _ in range(40)]")
    if not n_threads or not worked:
        pytest.skip("NumPy's BLAS has no threads of its own here")
    assert sum(ticks_of_blas(f"print(fi.check({checked}), file=open(os.devnull, 'w'))")) <= n_threads + 1
