"""Sub-interpreters are refused, in words of this package: whatever else would be loaded may end the process there."""

import subprocess
import sys

import pytest

CODE = """
import sys
try:
    import _interpreters as interpreters
    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters
    run = interpreters.run_string
if sys.argv[1] == "after":
    import fastinit
code = '''
import sys
sys.path[:0] = PATH
try:
    import fastinit
except ImportError as error:
    print(error, "numpy" in sys.modules)
else:
    print("taken")
'''.replace("PATH", repr(sys.path))
print(run(interpreters.create(), code))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_refused(when):
    """Also where the main interpreter has loaded all of it."""
    done = subprocess.run([sys.executable, "-c", CODE, when], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("fastinit: interpreter: expected the main interpreter, got a sub-interpreter, which")
    assert done.stdout.endswith(" False\nNone\n")
