"""Processes and threads: forks of every kind, a fork during fills, fills at once.

Each case is a process of its own with a bound of time, and says with a hash what it filled. The control is a child
that waits for a lock which a thread of its parent held: it hangs, and has to be told.

``python tests/attack/processes.py [N]``, N forks during fills; ``--with torch,jax``: the adapters' cases.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap

import row

SECONDS = 120

HEAD = """
import hashlib, multiprocessing, os, sys, threading, warnings
from concurrent.futures import ThreadPoolExecutor
import numpy as np, fastinit as fi

SHAPE = (1500, 1000)

def filled(seed=0, threads=4, scheme="normal"):
    array = fi.get(scheme)(SHAPE, rng=seed, threads=threads)
    return hashlib.sha256(array).hexdigest()

def filled_file(folder):
    import fastinit.safetensors as fs
    path = os.path.join(folder, "m.safetensors")
    fs.create(path, {"w": SHAPE}, {"*": "normal"}, rng=0, threads=4, force=True)
    return fs.verify(path).is_as_planned

def child(work):
    # Run it in a fork; what it returns.
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, str(work()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    assert_(os.waitpid(pid, 0)[1] == 0, "the child failed")
    return said

def assert_(holds, *told):
    if not holds:
        raise SystemExit(" ".join(map(str, told)))
"""

#: A pool of OpenMP threads exists before each of these.
CASES = {
    "fork": """
        here = filled()
        assert_(child(filled) == here, "other values")
        assert_(child(lambda: child(filled)) == here, "other values in a grandchild")
        assert_(child(lambda: filled(scheme="orthogonal")) == filled(scheme="orthogonal"), "another matrix")
        assert_(filled() == here, "other values afterwards")
    """,
    "fork, exec": """
        here = filled()
        code = "import fastinit as fi; print(fi.get_num_threads())"
        import subprocess
        there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert_(int(there) == fi.get_num_threads(), "threads", there)
    """,
    "files in a fork": """
        import tempfile
        filled()
        with tempfile.TemporaryDirectory() as folder:
            assert_(child(lambda: filled_file(folder)) == "True", "another file")
            assert_(filled_file(folder), "another file afterwards")
    """,
    "spawn and forkserver": """
        if __name__ == "__main__":
            here = filled()
            for method in "fork", "forkserver", "spawn":
                with multiprocessing.get_context(method).Pool(2) as pool:
                    assert_(set(pool.map(filled, [0] * 4)) == {here}, method, "gave other values")
    """,
    "fork during fills": """
        here, is_over, errors = filled(), threading.Event(), []

        def fill_on():
            while not is_over.is_set():
                if filled() != here:
                    errors.append("other values in the parent")

        running = [threading.Thread(target=fill_on) for _ in range(2)]
        for thread in running:
            thread.start()
        for i in range(N):
            assert_(child(filled) == here, "other values in child", i)
        is_over.set()
        for thread in running:
            thread.join()
        assert_(not errors, errors[:1])
    """,
    "fills at once": """
        expected = [filled(seed) for seed in range(16)]
        with ThreadPoolExecutor(16) as pool:
            assert_(list(pool.map(filled, range(16))) == expected, "other values")
            one, other = np.random.default_rng(0), np.random.default_rng(0)
            many = sorted(pool.map(lambda i: filled(one, threads=2), range(64)))
            assert_(many == sorted(filled(other) for _ in range(64)), "streams of one generator given twice, or lost")
    """,
    "one array for many at once": """
        whole = fi.normal(SHAPE, rng=0)
        there = np.empty(SHAPE, np.float32)
        cuts = [slice(i * 75, i * 75 + 75) for i in range(20)]
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda cut: fi.normal(SHAPE, rng=0, index=cut, out=there[cut], threads=2), cuts))
        assert_(np.array_equal(whole, there), "other values")
    """,
}

TORCH = {
    "torch after a fork": """
        import torch, fastinit.torch as ft
        torch.manual_seed(0)

        def made(i=0):
            model = ft.materialize(lambda: torch.nn.Sequential(torch.nn.Linear(300, 400), torch.nn.Linear(400, 9)), i)
            there = torch.empty(300, 400).t()
            ft.init.normal_(there, generator=torch.Generator().manual_seed(i))
            tensors = [*model.state_dict().values(), there.contiguous()]
            return hashlib.sha256(b"".join(t.numpy().tobytes() for t in tensors)).hexdigest()

        here = made()
        torch.ones(1000, 1000) @ torch.ones(1000, 1000)
        assert_(child(made) == here, "other values in a fork")
        with ThreadPoolExecutor(16) as pool:
            assert_(set(pool.map(lambda i: made(), range(32))) == {here}, "other values at once")
    """,
}

JAX = {
    "spawned processes and threads of JAX's": """
        def made(i=0):
            import jax, fastinit.jax as fj
            init, key = fj.he_normal(), jax.random.key(i)
            compiled = jax.jit(init, static_argnums=(1, 2))
            mesh = jax.make_mesh((1,), ("x",))
            part = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
            tree = fj.initialize({"w": jax.ShapeDtypeStruct(SHAPE, "float32", sharding=part)}, {"*": init}, rng=i)
            arrays = [init(key, SHAPE), compiled(key, SHAPE, "bfloat16"), tree["w"]]
            return hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest()

        if __name__ == "__main__":
            here = [made(i) for i in range(4)]
            with ThreadPoolExecutor(16) as pool:
                assert_(list(pool.map(made, list(range(4)) * 8)) == here * 8, "other values at once")
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                assert_(pool.map(made, range(4)) == here, "other values in a spawned process")
    """,
    "a fork beside JAX": """
        import jax, jax.numpy as jnp, fastinit.jax as fj
        warnings.filterwarnings("ignore", message="os.fork")  # of JAX, which the child does not use
        here, key = filled(), jax.random.key(0)
        before = np.asarray(fj.normal()(key, SHAPE))
        (jnp.ones((1000, 1000)) @ jnp.ones((1000, 1000))).block_until_ready()
        assert_(child(filled) == here, "other values in a fork")
        assert_(np.array_equal(np.asarray(fj.normal()(key, SHAPE)), before), "other values afterwards")
    """,
}

ADAPTERS = {"torch": TORCH, "jax": JAX}

CONTROL = """
    lock = threading.Lock()
    is_held = threading.Event()
    threading.Thread(target=lambda: (lock.acquire(), is_held.set(), threading.Event().wait()), daemon=True).start()
    is_held.wait()
    child(lock.acquire)
"""


def said(code: str, seconds: int = SECONDS) -> str:
    """Standard output of a program, run from a file so that spawned processes find it."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(code)
        file.flush()
        command = [sys.executable, file.name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, start_new_session=True)
        except subprocess.TimeoutExpired:
            raise row.Found(f"hangs: {code[-600:]}") from None
    row.demand(done.returncode == 0, "status", done.returncode, done.stderr[-1500:])
    row.demand("Error" not in done.stderr, done.stderr[-1500:])
    return done.stdout


def program(body: str, n_forks: int) -> str:
    return HEAD + textwrap.dedent(body).replace("range(N)", f"range({n_forks})")


def attack(n_forks: int, frameworks: list[str]) -> str:
    cases = {name: body for framework in frameworks for name, body in ADAPTERS[framework].items()} or CASES
    for name, body in cases.items():
        try:
            said(program(body, n_forks))
        except row.Found as error:
            raise row.Found(f"{name}: {error}") from None
    try:
        said(program(CONTROL, 1), seconds=10)
    except row.Found as error:
        row.demand("hangs" in str(error), "the control failed in another way:", error)
    else:
        row.demand(False, "the control did not hang")
    told = "" if frameworks else f", {n_forks} forks during fills"
    return f"{len(cases)} cases{told}; the control hung"


if __name__ == "__main__":
    row.run(attack, 20, "forks during fills", "--with", ADAPTERS)
