"""``fastinit bench``: this package beside everything else that fills arrays, measured in turn.

Nothing is imported here, and a peer's framework only when that peer is measured.

==================== =================================================================================
`peer_interface`     what every peer has in common: laws, threads, the registry's record
`peers`              the peers by name, and fastinit and the memory ceilings among them
`peers_frameworks`   PyTorch and JAX
`peers_compiled`     those that reach compiled code on their own: MKL by ctypes, Numba
`buffers`            the arrays to fill, their pages touched before or fresh
`values`             the check that a fill wrote what it claims
`matrix_values`      the same for the matrices of ``benchmarks/speed_table.py``
`measure`            one case: all contenders in turn, round by round
`worker`             the child process that measures the cases of one number of threads
`supervise`          the parent's side of it: children, progress, crashes
`plan`               which cases a command measures
`machine`            processor, memory and versions
`report`, `plot`     the results as text and as a figure
`command`            ``fastinit bench`` itself: arguments checked, then all of the above
==================== =================================================================================
"""
