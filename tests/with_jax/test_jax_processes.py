"""Two processes of JAX with four devices each: every one fills the parts of its own devices, and no others."""

import socket
import subprocess
import sys

PROGRAM = """
import sys
import jax

jax.config.update("jax_num_cpu_devices", 4)
jax.distributed.initialize(f"localhost:{sys.argv[2]}", num_processes=2, process_id=int(sys.argv[1]))
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
import fastinit as fi, fastinit.jax as fj

assert len(jax.devices()) == 8 and len(jax.local_devices()) == 4
mesh = jax.make_mesh((4, 2), ("a", "b"))
alone = NamedSharding(Mesh(np.array(jax.devices()[:1]), ("x",)), P())  # the second process has nothing of it


def check(array, whole, n_parts):
    assert len(array.addressable_shards) == n_parts
    for shard in array.addressable_shards:
        assert np.array_equal(shard.data, whole[shard.index])


whole = fi.he_normal((64, 32), rng=3, name="w")
for spec in P("a", "b"), P("b"), P():
    check(fj.make_array((64, 32), NamedSharding(mesh, spec), "he_normal", rng=3, name="w"), whole, 4)
check(fj.make_array((64, 32), alone, "he_normal", rng=3, name="w"), whole, 1 - jax.process_index())
shapes = {"w": jax.ShapeDtypeStruct((64, 32), "float32", sharding=NamedSharding(mesh, P("a")))}
check(fj.initialize(shapes, {"*": "he_normal"}, rng=3)["w"], whole, 4)
print("equal")
"""


def test_each_process_fills_its_parts():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    processes = [subprocess.Popen([*command, str(rank), str(port)], **pipes) for rank in range(2)]
    try:
        for process in processes:
            out, error = process.communicate(timeout=120)
            assert out.strip() == "equal", error[-2000:]
    finally:
        for process in processes:
            process.kill()
