"""What importing the package costs beside NumPy: ``python benchmarks/import_time.py [pairs]``.

Starts Python with `import numpy` and with `import numpy, fastinit` in turn and compares the processors' time, which a
busy machine disturbs least, of `import numpy` alone (a bare start subtracted) with what `import fastinit` adds.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

STATEMENTS = {"bare": "pass", "numpy": "import numpy", "both": "import numpy, fastinit"}


def processor_seconds(statement: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def main(n_pairs: int = 20) -> None:
    rounds = [{name: processor_seconds(code) for name, code in STATEMENTS.items()} for _ in range(n_pairs + 1)][1:]
    median = {name: statistics.median(r[name] for r in rounds) for name in STATEMENTS}
    numpy_alone = median["numpy"] - median["bare"]
    added = statistics.median(r["both"] - r["numpy"] for r in rounds)
    share = 100 * added / numpy_alone
    print(f"import numpy {1e3 * numpy_alone:.1f} ms; fastinit adds {1e3 * added:.1f} ms, {share:.1f} %")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
