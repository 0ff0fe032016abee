"""From a caller's arguments to one call of the kernels: what is filled, from which stream, on how many threads.

`schemes`, `plans` and `checkpoints` call it; it imports `laws`, `common` and `fastinit._kernels`.

========== ====================================================================
`run`      the way of a call: everything checked, then one call of the kernels
`output`   what may be filled: the caller's ``out`` as an ndarray, or a refusal
`target`   a part of a tensor and the memory that its elements go to
`region`   parts of tensors as the kernels take them: runs of flat indices
`seed`     from ``rng`` to the seed of a stream's key
`threads`  how many threads
`memory`   new arrays
`placing`  what schemes that are more than a law write after it
`haar`     orthogonal matrices
========== ====================================================================
"""
