"""What the docstrings of all schemes share."""

#: Parts of the docstring that every scheme shares, put where the rule's docstring has the marker.
SHARED_TEXT = {
    "[shape]": """\
shape : int or tuple of int, optional
    The full logical shape, entries >= 0. May be left out with `out`, whose shape it then is.""",
    "[fans]": """\
fans : {"io", "oi", "oki"}, Axes or (float, float), default "io"
    Layout: "io" is (..., in, out) as in Keras and JAX, "oi" (out, in, ...) as in PyTorch, "oki" (out, ..., in) as in
    MLX, the other axes being the receptive field; the roles of axes, as `fastinit.axes` says them; or the pair
    (fan_in, fan_out) itself, each >= 0, for instance from `fastinit.fans`.""",
    "[layout]": """\
fans : {"io", "oi", "oki"} or Axes, default "io"
    Layout: "io" is (..., in, out) as in Keras and JAX, "oi" (out, in, ...) as in PyTorch, "oki" (out, ..., in) as in
    MLX; or the roles of axes, as `fastinit.axes` says them: one matrix for each place on the batch axes.""",
    "[gain]": """\
gain : float, default 1
    Factor on the standard deviation, finite and >= 0; 0 gives 0 everywhere. Negative ones, which would have the law
    of their magnitude, are refused, as by PyTorch.""",
    "[negative_slope]": """\
negative_slope : float, default 0
    Slope of the activation for negative inputs: 0 for ReLU, 0.01 for PyTorch's leaky ReLU. Finite.""",
    "[he mode]": """\
mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}, default "fan_in"
    n: "fan_in" keeps the variance of the activations, "fan_out" that of the gradients.""",
    "[truncated]": """\
truncated : bool, default False
    If true, a normal distribution cut at two of its standard deviations, bounds excluded, and widened by
    1 / 0.87962566103423978, so that the variance stays as stated.""",
    "[arrays]": """\
Arrays, of which
    copies are kept, must broadcast to the shape. Elements are then filled by one thread, and their last bits are not
    those of the same numbers given alone.""",
    "[common]": """\
dtype : dtype-like, optional
    float32, the default, float64, float16, or one of ml_dtypes: bfloat16, float8_e4m3fn, float8_e5m2. As NumPy or
    ml_dtypes has it, by name, or as another library spells it (``torch.float32``). With `out`, taken from it. Values in
    fewer than 32 bits are the float32 ones rounded to nearest even, kept inside open bounds. Laws that have a complex
    form take complex64 and complex128; constants take these, integers and bool.
out : array, optional
    Filled in place and returned itself: an ndarray of any memory order and strides, aligned and in this machine's
    byte order, or an object with the writable buffer protocol, ``__array_interface__`` or ``__dlpack__`` on CPU.
rng : None, int, sequence of int, SeedSequence, BitGenerator, Generator or torch.Generator
    None draws fresh entropy. An int, a sequence or a SeedSequence is a pure function: same call, same values;
    ``rng=0`` equals ``rng=np.random.default_rng(0)``. A BitGenerator or Generator is advanced, except by constants,
    which draw nothing; PyTorch's, on the CPU, by eight numbers a call.
name : str, default ""
    Names an independent stream of the same `rng`, such as the parameter's name. Without names, all fills of one
    seed and one kind of law scale the same numbers: give each layer its own.
index : int, slice, Ellipsis, array of int, or tuple of them, optional
    Index into the full `shape`, as NumPy takes it: slices of any step, and arrays of integers; None for the whole. The
    result equals ``full[index]`` bit for bit, at about the cost of its own elements. An array of rows takes some 50
    bytes for each besides, a list some 90.
threads : int >= 1, optional
    Threads for this call; more than 64 are cut to 64 or to the number of processors, whichever is more. By default as
    many as are free, and one for small work. Values do not depend on it.

Returns
-------
numpy.ndarray
    `out` itself, or a new C-order array aligned to 64 bytes.

Raises
------
ValueError, TypeError
    If an argument is not as stated; nothing has then been written to `out`.
MemoryError
    If there is no room for the result, or for what a call needs besides it; nothing has then been written to `out`, and
    no generator has been advanced.""",
}
