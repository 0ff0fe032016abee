"""Files of weights: written, read back, verified.

The command line and `fastinit.safetensors` call it; it imports `files`, `plans`, `filling`, `laws` and `common`.

===================== ====================================================================
`command`             `fastinit init` and `fastinit verify` (`arguments`; `table`: what would be written)
`sources`             where a model comes from
`creating`            `create` and `write_part`
`planning`            from their arguments to a layout
`contents`            the bytes of a planned tensor, any stretch of them
`layout`              which bytes stand where: files, shards, the index
`numpy_format`        the formats of NumPy
`origin`              how a checkpoint was made, in its metadata
`writer`              pieces filled and written (`workers`: by threads; `disk`: past the cache)
`landing`             names that files have only when all is complete
`reading`             `open_plan`, and the files that a path means
`verifying`           `verify` (`comparing`: bit by bit)
===================== ====================================================================
"""
