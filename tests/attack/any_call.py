"""Any call, by hypothesis: any scheme, dtype, layout, index, blocks, threads and instruction set.

What a call writes is what the plainest call has there: the whole tensor, in C order, on one thread, by portable code.
All memory is compared, so that bytes between and around the elements count as well. A call with one argument spoilt is
refused in the one form, and changes neither memory nor generator; so are the few whose parameters their dtype does not
take. The controls are wrong on purpose, in a rare case each, and have to be found.

Needs hypothesis.
"""

from __future__ import annotations

from contextlib import contextmanager

import any_arguments
import numpy as np
import row
from any_arguments import PATTERN, Call
from fills import same_bits
from hypothesis import Phase, given
from searched import searched

from fastinit import _kernels
from fastinit.filling import run as filling

#: The best of the machine comes first.
ISAS = [name for name, runs_here in _kernels.isas().items() if runs_here]

N_CONTROL = 3000


@contextmanager
def on(isa: str, is_streamed: bool = False):
    """An instruction set, and stores past the caches whatever the size."""
    before, n_bytes = _kernels.isa(), filling.STREAM_BYTES
    _kernels.choose_isa(isa)
    filling.STREAM_BYTES = 0 if is_streamed else n_bytes
    try:
        yield
    finally:
        _kernels.choose_isa(before)
        filling.STREAM_BYTES = n_bytes


def reference(call: Call) -> np.ndarray:
    """The elements that the index takes of the whole."""
    with on("portable"):
        whole = call.scheme(call.shape, rng=call.rng(), name=call.name, dtype=call.dtype, threads=1)
    return np.asarray(whole[call.index])


def is_taken(call: Call) -> bool:
    """Whether the scheme takes its shape and dtype; if not, it says so."""
    try:
        call.scheme(call.shape, rng=0, dtype=call.dtype, threads=1)
    except Exception as error:
        row.demand_form(error)
        return False
    return True


def as_promised(call: Call, tamper=None) -> None:
    """Compare what the call writes, and what it leaves, with the reference."""
    expected = reference(call)
    memory, out = call.layout.make(expected.shape, expected.dtype)
    wanted = memory.copy()
    call.layout.view(wanted, expected.shape, expected.dtype)[...] = expected
    place = dict(name=call.name, index=call.index, threads=call.n_threads)
    for isa in ISAS:
        memory.fill(PATTERN)
        with on(isa, call.is_streamed):
            done = call.scheme(call.shape, rng=call.rng(), out=out, **place)
        if tamper is not None:
            tamper(call, memory, out)
        row.demand(done is out, "another array came back", call)
        row.demand(np.array_equal(memory, wanted), "other bytes than the reference's, on", isa, call)
    new = call.scheme(call.shape, rng=call.rng(), dtype=call.dtype, **place)
    row.demand(same_bits(np.asarray(new), expected), "a new array has other values", call)


def refused(call: Call, spoilt: dict) -> None:
    """One argument is spoilt: an error of the one form, and nothing has changed."""
    expected = reference(call)
    memory, out = call.layout.make(expected.shape, expected.dtype)
    before, generator = memory.copy(), np.random.default_rng(5)
    arguments = dict(shape=call.shape, rng=generator, name=call.name, index=call.index, out=out) | spoilt
    try:
        call.scheme(arguments.pop("shape"), **arguments)
    except Exception as error:
        row.demand_form(error)
    else:
        row.demand(False, "was taken:", spoilt, call)
    row.demand(np.array_equal(memory, before), "refused, and written:", spoilt, call)
    state = np.random.default_rng(5).bit_generator.state
    row.demand(generator.bit_generator.state == state, "refused, and the generator advanced:", spoilt, call)


def search(property_of, n_cases: int, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> int:
    """How many cases were taken; raises Found with a case that falls, made as small as it gets."""
    n_taken = 0

    @searched(n_cases, phases)
    @given(any_arguments.calls(), any_arguments.spoilt_arguments())
    def case(call, spoilt):
        nonlocal n_taken
        if is_taken(call):
            property_of(call, spoilt)
            n_taken += 1

    case()
    return n_taken


def wrong_value(call: Call, memory: np.ndarray, out: np.ndarray) -> None:
    """Backwards in memory and of two bytes an element: the last element's lowest bit is the other one."""
    if out.itemsize == 2 and out.ndim and out.size > 1 and out.strides[-1] < 0:
        out[(-1,) * out.ndim] = 3


def wrong_place(call: Call, memory: np.ndarray, out: np.ndarray) -> None:
    """Three threads and Fortran order: a byte before the array."""
    if call.n_threads == 3 and out.ndim > 1 and out.flags.f_contiguous and out.size > 1:
        memory[out.__array_interface__["data"][0] - memory.__array_interface__["data"][0] - 1] ^= 1


def control(tamper) -> None:
    try:
        search(lambda call, spoilt: as_promised(call, tamper), N_CONTROL, (Phase.generate,))
    except row.Found:
        return
    row.demand(False, "a control was not found:", tamper.__name__)


def attack(n_cases: int) -> str:
    def both(call, spoilt):
        as_promised(call)
        refused(call, spoilt)

    n_taken = search(both, n_cases)
    row.demand(n_taken > 0.8 * n_cases, "of", n_cases, "cases only", n_taken, "were taken")
    control(wrong_value)
    control(wrong_place)
    return f"{n_taken:,} calls, each on {', '.join(ISAS)}; as many refused; both controls found"


if __name__ == "__main__":
    row.run(attack, 300, "calls")
