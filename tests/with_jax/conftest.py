"""Eight devices for all tests of JAX, told before it looks at them."""

import importlib.util

if importlib.util.find_spec("jax") is None:
    collect_ignore_glob = ["*.py"]
else:
    import jax

    jax.config.update("jax_num_cpu_devices", 8)
    jax.config.update("jax_disable_most_optimizations", True)  # compiling takes most of the time
