"""Ctrl-C ends every call soon, also in the middle of what is never cut: a unit of `sparse`, a panel of `orthogonal`."""

import subprocess
import sys
import textwrap

import pytest
from quick import heavy_but

#: What would take much longer than the bound, with little memory; on the kernels without vectors where that is needed.
CALLS = {
    "one fill": ("portable", "fi.truncated_normal(1 << 26, dtype='float64', rng=0, threads={n})"),
    "tiles": ("portable", "fi.truncated_normal(out=np.empty((1 << 12, 1 << 14), 'f8').T, rng=0, threads={n})"),
    "a unit of sparse": (None, "fi.sparse((2**32 - 1, 1), sparsity=0.5, index=np.s_[:1], rng=0, threads={n})"),
    "units of sparse": (None, "fi.sparse((2**31, 4), sparsity=0.5, index=np.s_[:1], rng=0, threads={n})"),
    "a panel": ("portable", "fi.orthogonal((1 << 19, 64), rng=0, index=np.s_[:, :1], threads={n})"),
    "blocks": ("portable", "fi.orthogonal((2000, 2000), rng=0, threads={n})"),
    "small matrices": ("portable", "fi.orthogonal((10**4, 64, 64), fans=fi.axes(batch_axis=0), rng=0, threads={n})"),
    "given values": (None, "fi.constant((1 << 17, 1 << 15), value=np.arange(2**15) % 9, dtype='int8', threads={n})"),
}

STOPPED = """
    import os, signal, threading, time
    import numpy as np
    import fastinit as fi
    from fastinit import _kernels

    if {isa!r}:
        _kernels.choose_isa({isa!r})
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs without
    sent = []

    def send():
        sent.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(1, send).start()
    try:
        {call}
    except KeyboardInterrupt:
        print(time.process_time() - sent[0])
"""


@pytest.mark.parametrize("case", heavy_but(CALLS, "a panel"))
@pytest.mark.parametrize("n_threads", heavy_but([1, 2], 2))
def test_ctrl_c_is_heard(case, n_threads):
    """Within some 0.1 s; the bound, in processor time, which does not depend on how busy a machine is, is generous."""
    isa, call = CALLS[case]
    code = textwrap.dedent(STOPPED).format(isa=isa, call=call.format(n=n_threads))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout, "it ended by itself"
    assert float(done.stdout) < 1.5 * n_threads
