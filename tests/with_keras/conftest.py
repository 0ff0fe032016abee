"""The backend is chosen before Keras is imported: KERAS_BACKEND, or JAX on eight devices."""

import importlib.util
import os

if importlib.util.find_spec("keras") is None:
    collect_ignore_glob = ["*.py"]
else:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    if os.environ["KERAS_BACKEND"] == "jax":
        import jax

        jax.config.update("jax_num_cpu_devices", 8)
