"""The caller's floating-point mode, set as other libraries set it."""

from __future__ import annotations

import ctypes
import platform

#: machine: (byte offset of the control register in fenv_t, {mode: bits})
CONTROL_REGISTERS = {
    "x86_64": (
        28,
        {
            "flush to zero": 0x8040,
            "flush results": 0x8000,
            "flush operands": 0x40,
            "round up": 0x4000,
            "round down": 0x2000,
            "round toward zero": 0x6000,
            "round up, flush to zero": 0xC040,
        },
    ),
    "aarch64": (
        0,
        {
            "flush to zero": 1 << 24,
            "round up": 1 << 22,
            "round down": 2 << 22,
            "round toward zero": 3 << 22,
            "round up, flush to zero": 1 << 24 | 1 << 22,
        },
    ),
}


class FloatingPointMode:
    """Sets this thread's floating-point control register through libc's fegetenv and fesetenv."""

    def __init__(self, mode):
        self.libm = ctypes.CDLL("libm.so.6")
        self.offset, bits = CONTROL_REGISTERS[platform.machine()]
        self.bits = bits[mode]

    def read(self):
        environment = (ctypes.c_ubyte * 64)()
        self._demand(self.libm.fegetenv(environment) == 0)
        return environment

    def write(self, environment):
        self._demand(self.libm.fesetenv(environment) == 0)

    @staticmethod
    def _demand(it: bool) -> None:
        """No assert: what is called would go with it under -O."""
        if not it:
            raise RuntimeError("the mode could not be set")

    def register(self, environment):
        return ctypes.c_uint32.from_buffer(environment, self.offset)

    def is_in_force(self):
        return self.register(self.read()).value & self.bits == self.bits

    def __enter__(self):
        self.before = self.read()
        changed = self.read()
        self.register(changed).value |= self.bits
        self.write(changed)
        self._demand(self.is_in_force())
        return self

    def __exit__(self, *exception):
        self.write(self.before)
