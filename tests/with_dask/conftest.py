"""Nothing here is looked at where there is no Dask."""

import importlib.util

if importlib.util.find_spec("dask") is None or importlib.util.find_spec("distributed") is None:
    collect_ignore_glob = ["*.py"]
