"""From parameters, fans, shape and dtype to what the kernels compute. Nothing is drawn or written here.

`schemes` and `filling` call it; it imports `common` and the lists of the kernels (`fastinit._kernels`).

============== ====================================================================
`dtypes`       the dtypes that can be filled, and their arithmetic
`given`        numbers that the caller gives
`kernel_laws`  the laws of single elements, their numbers exact
`complex_laws` laws of complex numbers
`truncation`   the truncated normal law's numbers
`normal_tail`  exact constants of the standard normal distribution
`widening`     how wide a normal must be to have a given width once truncated
`gains`        what activations do to scales
`fan_rules`    fan_in and fan_out, from the roles of axes
`spec`         a configured scheme: what remains to be known is shape and dtype
============== ====================================================================
"""
