"""Whether the values of this installation, on this machine, are those of the stream: ``fastinit selftest``.

Owns golden.json, the hashes that every instruction set, number of threads and version must give; the tests read them
here too. Called by the command line; may import schemes and everything below.
"""
