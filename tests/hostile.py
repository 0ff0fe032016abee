"""Damaged and hostile files, each with words of the message that refuses it."""

from __future__ import annotations

import json

ENTRY = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
ESCAPE = "\x1b[31mred\u202e"


#: More than a message of the form can have: of where, parameter, expected and got.
MAX_CHARACTERS = 700


def is_one_line(text: str) -> bool:
    """Whether a message is short and has nothing that a terminal would obey."""
    return text.isprintable() and len(text) <= MAX_CHARACTERS


def file_of(header: object, n_data: int = 16) -> bytes:
    """A file with a header, as text or as what JSON makes of it, and so many bytes of zeros."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(n_data)


def one(n_data: int = 16, **fields: object) -> bytes:
    """A file of one tensor, of which some fields are others than in ENTRY; None leaves a field out."""
    return file_of({"w": {key: value for key, value in {**ENTRY, **fields}.items() if value is not None}}, n_data)


def two(first: list[int], second: list[int], n_data: int) -> bytes:
    """A file of two tensors of bytes with these spans."""
    spans = {"a": first, "b": second}
    table = {n: {"dtype": "U8", "shape": [b - a], "data_offsets": [a, b]} for n, (a, b) in spans.items()}
    return file_of(table, n_data)


def raw(text: str) -> bytes:
    """A file of one tensor whose row is this text, with ``OK`` for fields that are as they should be."""
    return file_of(f'{{"w": {text}}}'.replace("OK", json.dumps(ENTRY)[1:-1]).encode())


LENGTH = "a header within the file and 100 MB"

HEADERS = {
    "empty": (b"", LENGTH),
    "seven bytes": (b"1234567", LENGTH),
    "no header": (bytes(8), LENGTH),
    "a length beyond the file": ((100).to_bytes(8, "little") + b"{}", LENGTH),
    "a length of 2**60": ((1 << 60).to_bytes(8, "little") + b"{}", LENGTH),
    "a length below 0": (b"\xff" * 8 + b"{}", LENGTH),
    "not UTF-8": (file_of(b'{"\xff\xfe": 3}'), "can't decode byte"),
    "half a surrogate": (file_of(b'{"\\ud800": 3}'), "surrogates not allowed"),
    "UTF-16": (file_of("{}".encode("utf-16")), "JSON that begins with {"),
    "a byte order mark": (file_of(b"\xef\xbb\xbf{}"), "JSON that begins with {"),
    "a list": (file_of([1]), "JSON that begins with {"),
    "not ended": (file_of(b"{"), "something else than a name"),
    "more after the end": (file_of(b"{}x"), "something else than the end"),
    "no comma": (file_of(b'{"a": {} "b": {}}'), "dtype, shape and data_offsets"),
    "nested deeply": (raw("[" * 100_000), "a header in JSON"),
    "nested within a row": (raw("[" * 2000 + "]" * 2000), "expected"),
    "a list of millions": (raw("[" + "[]," * 100_000 + "[]]"), "something else than a value of at most 4,096 bytes"),
    "a name twice": (file_of(b'{"w": %s, "w": %s}' % ((json.dumps(ENTRY).encode(),) * 2)), "stands there twice, 'w'"),
    "a field twice": (raw('{"dtype": "F32", OK}'), "stands there twice, 'dtype'"),
    "metadata twice": (file_of(b'{"__metadata__": {}, "__metadata__": {}}', 0), "stands there twice, '__metadata__'"),
    "metadata's name twice": (file_of(b'{"__metadata__": {"a": "b", "a": "c"}}', 0), "stands there twice, 'a'"),
    "metadata of numbers": (file_of({"__metadata__": {"a": 1}}, 0), "metadata of strings"),
    "metadata of tables": (file_of({"__metadata__": {"a": {}}}, 0), "metadata of strings"),
    "metadata a list": (file_of({"__metadata__": []}, 0), "something else than a table"),
    "NaN": (raw('{"dtype": "F32", "shape": [NaN], "data_offsets": [0, 16]}'), "NaN, which is no JSON"),
    "infinity": (raw('{"dtype": "F32", "shape": [4], "data_offsets": [0, Infinity]}'), "Infinity, which is no JSON"),
    "an int of 3000 digits": (one(shape=[10**3000]), "a total size below 2**63 bytes"),
    "an int of 5000 digits": (raw('{"dtype": "F32", "shape": [%s]}' % ("9" * 5000)), "a value of at most 4,096 bytes"),
    "a float as extent": (one(shape=[2.0, 2]), "a shape of ints"),
    "a bool as extent": (one(shape=[True, 4]), "a shape of ints"),
    "a shape as text": (one(shape="22"), "a shape of ints"),
    "a float as offset": (one(data_offsets=[0, 16.0]), "two ints as data_offsets"),
    "a bool as offset": (one(data_offsets=[False, 16]), "two ints as data_offsets"),
    "three offsets": (one(data_offsets=[0, 8, 16]), "two ints as data_offsets"),
    "a negative extent": (one(shape=[-2, -2]), "each >= 0"),
    "a negative offset": (one(data_offsets=[-16, 0]), "data_offsets of at least 0"),
    "offsets in the wrong order": (one(data_offsets=[16, 0]), "data_offsets of at least 0, in order"),
    "an offset of 2**64": (one(data_offsets=[2**64, 2**64 + 16]), "data_offsets of at least 0"),
    "a shape beyond 2**63": (one(shape=[2**32, 2**32]), "a total size below 2**63 bytes"),
    "an empty shape beyond 2**63": (one(0, shape=[2**62, 0, 4], data_offsets=[0, 0]), "a total size below 2**63"),
    "65 dimensions": (one(shape=[1] * 63 + [2, 2]), "at most 64 dimensions"),
    "a span too short": (one(12, data_offsets=[0, 12]), "a span of 16 bytes"),
    "a span too long": (one(20, data_offsets=[0, 20]), "a span of 16 bytes"),
    "half bytes": (one(dtype="F4", shape=[31]), "whole bytes"),
    "spans that overlap": (two([0, 8], [4, 12], 12), "'b' to start at byte 8"),
    "one span twice": (two([0, 8], [0, 8], 8), "'b' to start at byte 8"),
    "a hole": (two([0, 8], [12, 20], 20), "'b' to start at byte 8"),
    "a hole before": (two([4, 8], [8, 12], 12), "'a' to start at byte 0"),
    "a hole after": (one(20), "as its header says"),
    "a span beyond the file": (one(12), "as its header says"),
    "a dtype that is no name": (one(dtype=ESCAPE), "a dtype's name"),
    "a dtype that is no text": (one(dtype=["F32"]), "a dtype's name"),
    "an unknown dtype beyond the file": (one(12, dtype="Q9"), "as its header says"),
    "a field that lacks": (one(shape=None), "dtype, shape and data_offsets"),
    "a field too many": (one(more=1), "dtype, shape and data_offsets"),
    "a row of a number": (raw("3"), "dtype, shape and data_offsets"),
    "a name with escapes": (file_of({ESCAPE: {}}), r"'\x1b[31mred\u202e': expected dtype"),
    "a name of a million characters": (file_of({"n" * 10**6: {}}), "nnn...nnn"),
    "a name of five million": (file_of({"n" * 5_000_000: {}}), "something else than a name"),
}


def index_of(weight_map: object, **more: object) -> str:
    return json.dumps({"metadata": {"total_size": -1}, "weight_map": weight_map, **more})


#: Beside them lie one.safetensors, which has "a" and "b", and two.safetensors, which has "b".
INDICES = {
    "empty": ("", "an index of at most 100 MB"),
    "a list": ("[]", "something else than a table"),
    "no weight_map": ('{"metadata": {}}', "got none"),
    "an empty weight_map": (index_of({}), "got none"),
    "a number": (index_of(5), "something else than a table"),
    "a list as weight_map": (index_of(["one.safetensors"]), "something else than a table"),
    "a file that is no text": (index_of({"a": 5}), "the name of a file in the weight_map"),
    "nested deeply": (index_of({}, x=[]).replace("[]", "[" * 100_000), "an index in JSON"),
    "a weight_map twice": ('{"weight_map": {"a": "x"}, "weight_map": {"a": "y"}}', "stands there twice"),
    "a name twice": ('{"weight_map": {"a": "one.safetensors", "a": "two.safetensors"}}', "stands there twice, 'a'"),
    "an absolute path": (index_of({"a": "/etc/passwd"}), "the name of a file in the same folder"),
    "a way out": (index_of({"a": "../x.safetensors"}), "the name of a file in the same folder"),
    "a way out of Windows": (index_of({"a": "..\\x.safetensors"}), "the name of a file in the same folder"),
    "a folder": (index_of({"a": ".."}), "the name of a file in the same folder"),
    "a zero byte": (index_of({"a": "x\0"}), "the name of a file in the same folder"),
    "no name": (index_of({"a": ""}), "the name of a file in the same folder"),
    "a tensor that is not there": (
        index_of({"a": "one.safetensors", "b": "one.safetensors", "c": "one.safetensors"}),
        "'c': expected a place as in the index, got nowhere",
    ),
    "a tensor that is not named": (index_of({"a": "one.safetensors"}), "where the index has nothing"),
    "a tensor in two": (
        index_of({"a": "one.safetensors", "b": "two.safetensors"}),
        "'b': expected a place as in the index, got one.safetensors, where the index has two.safetensors",
    ),
    "a tensor in two, told first": (
        index_of({"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"}),
        "got two.safetensors, where the index has one.safetensors",
    ),
    "itself": (index_of({"a": "x.safetensors.index.json"}), LENGTH),
    "escapes": (index_of({ESCAPE: "one.safetensors"}), "where the index has nothing"),
}

_DEEP = '{name = "normal", but = [{index = "0", scheme = ' * 9 + '"zeros"' + "}]}" * 9

#: Models in TOML. Beside them lies one.safetensors.
MODELS = {
    "empty": ("", "got none"),
    "a byte order mark": ("\ufefflayers = [3, 4]", "expected TOML"),
    "binary": (bytes(range(256)), "text in UTF-8"),
    "nested arrays": ("layers = " + "[" * 100_000, "in each other, too deep"),
    "nested tables": ("a = " + "{a = " * 100_000, "in each other, too deep"),
    "a key of many parts": ("a" + ".a" * 100_000 + " = 1", "a key of more than 16 parts"),
    "a key of many quoted parts": ("'a'" + " . 'a'" * 100_000 + " = 1", "a key of more than 16 parts"),
    "blocks within blocks": (f"layers = [3, 4]\nscheme = {_DEEP}", "at most 8 blocks in each other"),
    "an int of 5000 digits": ("bias = " + "9" * 5000, "expected TOML"),
    "too large": ("#" * (1 << 20) + "\n", "at most 1 MiB of text"),
    "too many layers": ("layers = [" + "1, " * 5000 + "1]", "at most 5,000 of them"),
    "an unknown key": ('"\\u001b[31m" = 1', r"got '\x1b[31m'"),
    "layers of dates": ("layers = [1979-05-27, 1979-05-27]", "layers[0]"),
    "layers of infinities": ("layers = [inf, nan]", "layers[0]"),
    "layers of floats": ("layers = [3.0, 4.0]", "layers[0]"),
    "layers of text": ('layers = ["3", "4"]', "layers[0]"),
    "layers of bools": ("layers = [true, true]", "layers[0]"),
    "layers as a table": ("layers = {a = 1}", "an array of widths or of tables"),
    "layers below 0": ("layers = [-3, 4]", "each >= 0"),
    "layers beyond memory": ("layers = [4294967296, 4294967296]", "below 2**63 bytes"),
    "a file of numbers": ("file = 3", "m.toml: file: expected a path as a string"),
    "a file with a zero byte": ('file = "a\\u0000"', "m.toml: file: expected a path"),
    "a file of another kind": ('file = "m.toml"', LENGTH),
    "a bias of text": ('layers = [3, 4]\nbias = "x"', "bias"),
    "a bias that is no number": ("layers = [3, 4]\nbias = nan", "finite"),
    "a bias of a date": ("layers = [3, 4]\nbias = 1979-05-27", "bias"),
    "an activation of a date": ("layers = [3, 4]\nactivation = 07:32:00", "activation"),
    "a slope of NaN": ('layers = [3, 4]\nactivation = ["leaky_relu", nan]', "a finite number"),
    "a scheme of a list": ("layers = [3, 4]\nscheme = [1, [2]]", "scheme"),
    "a ragged parameter": ('layers = [3, 4]\nscheme = {name = "constant", value = [1, [2]]}', "constant: value"),
    "a deep parameter": (f'layers = [3, 4]\nscheme = {{name = "constant", value = {"[" * 70}{"]" * 70}}}', "value"),
    "a kernel of many positions": ("[[layers]]\nshape = [100, 100, 3, 3]", "4,096 positions together"),
    "a kernel of many axes": (f"[[layers]]\nshape = [{'2, ' * 18}]", "4,096 positions together"),
    "an extent of NaN": ("[[layers]]\nshape = [nan, 3]", "each >= 0"),
    "a name of a number": ("[[layers]]\nshape = [3, 4]\nname = 3", "name"),
    "a tensor of a number": ('file = "one.safetensors"\n[[layers]]\ntensor = 3', "layers[0].tensor"),
    "a tensor that is not there": (
        'file = "one.safetensors"\n[[layers]]\ntensor = "' + "a" * 10**5 + '"',
        "layers[0].tensor: expected",
    ),
}
