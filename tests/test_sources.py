"""Where a model comes from: fastinit init's sources, rules, dry runs, and what is refused at once."""

import json
import os

import numpy as np
import pytest
from command_line import in_this_process
from fills import same_bits
from safetensors.numpy import load_file, save_file
from tiny_plans import TINY

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.plans import ranges, rule_text
from fastinit.plans.plan import Plan

HAND_WRITTEN = """
dtype = "float16"
[tensors]
"wte.weight" = {shape = [100, 8], scheme = {name = "normal", std = 0.02}}
"h.{0..2}.{8..9}.w" = {shape = [8, 8]}
"h.{0..2}.norm" = {shape = [8], scheme = "ones", dtype = "float32"}
"head.weight" = {shape = [100, 8], same_as = "wte.weight"}
"""


def init(*arguments):
    done = in_this_process("init", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*arguments):
    """The message, which is one short line."""
    done = in_this_process("init", *arguments)
    assert done.returncode in (1, 2)
    message = done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert len(message) < 700
    return message


def test_a_plan_written_by_hand(tmp_path):
    source, target = tmp_path / "model.toml", tmp_path / "x.safetensors"
    source.write_text(HAND_WRITTEN)
    assert "none for 'h.0.8.w' and 5 more" in refused(source, "-o", target)
    init(source, "-o", target, "--rule", "h.*.w=he_normal:fans=oi", "--seed", "4")
    tensors = load_file(target)
    assert tensors.keys() == {
        "wte.weight",
        *(f"h.{i}.{j}.w" for i in range(3) for j in (8, 9)),
        "h.0.norm",
        "h.1.norm",
    } | {"h.2.norm"}
    expected = fi.he_normal((8, 8), dtype="float16", fans="oi", rng=4, name="h.1.9.w")
    assert np.array_equal(tensors["h.1.9.w"], expected)
    assert tensors["h.1.norm"].dtype == np.float32


def test_saved_plans(tmp_path):
    for name, text in ("p.json", TINY.to_json(5)), ("p.toml", TINY.to_toml(5)):
        (tmp_path / name).write_text(text)
        target = tmp_path / f"{name}.safetensors"
        init(tmp_path / name, "-o", target, "--seed", "5", "--quiet")
        assert fs.verify(target, TINY, 5).is_as_planned


def test_another_checkpoint(tmp_path):
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    save_file({"w": np.ones((30, 20), np.float16), "b": np.ones(7, np.float32)}, old)
    assert "none for" in refused(old, "-o", new)
    init(old, "-o", new, "--rule", "w=uniform:low=-1,high=1", "--rule", "*=zeros", "--dtype", "float32")
    tensors = load_file(new)
    assert np.array_equal(tensors["w"], fi.uniform((30, 20), low=-1, high=1, rng=0, name="w"))
    assert not tensors["b"].any()
    fs.create(tmp_path, TINY, rng=5, shard_size="100KB")
    init(tmp_path / "model.safetensors.index.json", "-o", new, "--seed", "6", "--force", "--rule", "b=zeros")
    assert fs.verify(new).is_as_planned
    assert fs.open_plan(new).plan["w"].scheme == TINY["w"].scheme


def test_rules_in_files(tmp_path):
    source, rules, target = tmp_path / "p.json", tmp_path / "rules.toml", tmp_path / "x.safetensors"
    source.write_text(TINY.to_json(5))
    rules.write_text('"w" = {name = "normal", std = 3.0, dtype = "float64"}\n"half" = "dummy"\n"b" = "keep"\n')
    init(source, "-o", target, "--rules", rules, "--rule", "half=zeros", "--seed", "5")
    plan = fs.open_plan(target).plan
    assert plan["w"].dtype == "float64"
    assert plan["half"].scheme == fi.get("zeros")  # of --rule, which goes first
    assert plan["b"].scheme == TINY["b"].scheme


def test_dry_run(tmp_path):
    source = tmp_path / "p.json"
    source.write_text(TINY.to_json(5))
    shown = init(source, "-o", tmp_path / "x.safetensors", "--dry-run", "--shard-size", "100KB")
    [row] = [line.split("  ") for line in shown.splitlines() if line.startswith("padded")]
    cells = [cell.strip() for cell in row if cell]
    assert cells[:5] == ["padded", "50 x 6 x 4", "float16", "normal(std=0.02); [0] zeros()", "2,400"]
    assert shown.splitlines()[-1].startswith("11 tensors, ")
    table = json.loads(init(source, "-o", tmp_path / "x.safetensors", "--dry-run", "--json"))
    assert {row["name"]: row["bytes"] for row in table["tensors"]}["w"] == 280_000
    assert os.listdir(tmp_path) == ["p.json"]


def test_a_folder_and_json(tmp_path):
    told = json.loads(init("gpt2", "-o", tmp_path / "out", "--dtype", "float8_e5m2", "--json"))
    assert told["files"] == [str(tmp_path / "out" / "model.safetensors")]
    assert told["n_parameters"] == 124_439_808
    assert fs.verify(tmp_path / "out").is_as_planned


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.json", "{", "JSON"),
        ("x.json", "[" * 100_000, "JSON"),
        ("x.json", "[]", "something else"),
        ("x.json", '{"model_type": 3}', "model_type"),
        ("x.json", '{"model_type": "llama", "num_hidden_layers": 100000000}', "a number that a model has"),
        ("x.json", '{"model_type": "llama", "depths": [2, 99999999]}', "a number that a model has"),
        ("x.json", '{"model_type": "llama", "text_config": {"n_layer": 99999999}}', "a number that a model has"),
        ("x.json", '{"model_type": "llama", "hidden_size": 1e400}', ""),
        ("x.json", '{"model_type": "no_such_model"}', "no_such_model"),
        ("x.json", '{"a": ' + "9" * 5000 + "}", "JSON"),
        ("x.toml", "a = ", "TOML"),
        ("x.toml", "tensors = 3", "a table of names"),
        ("x.toml", '[tensors]\n"w" = {shape = [-3], scheme = "ones"}', "each >= 0"),
        ("x.toml", '[tensors]\n"w" = {shape = [4611686018427387904, 4], scheme = "ones"}', "below 2**63"),
        ("x.toml", '[tensors]\n"w" = {shape = [3], scheme = "nrmal"}', "'normal'"),
        ("x.toml", '[tensors]\n"w" = {shape = [3], dtype = "int4", scheme = "ones"}', "int4"),
        ("x.toml", '[tensors]\n"w" = {shape = [3], same_as = "v"}', "a tensor of its own"),
        ("x.toml", '[tensors]\n"w.{0..999999999}" = {shape = [3], scheme = "ones"}', "at most 1,000,000 names"),
        ("x.toml", '[tensors]\n"w.{5..1}" = {shape = [3], scheme = "ones"}', "backwards"),
        ("x.toml", '[tensors]\n"w.{0..1}" = {shape = [3], scheme = "ones"}\n"w.1" = {shape = [3]}', "there once"),
        ("x.toml", '[tensors]\n"w" = 3', "one with shape and dtype"),
        ("x.toml", "[tensors]\nfc.weight = {shape = [3]}", "names with dots in quotes, as 'fc.weight'"),
        ("x.toml", "[tensors.w." + "k" * 40_000 + ".j]\nshape = [3]", "names with dots in quotes, as 'w.kk"),
        ("x.toml", '[tensors]\n"h.*.w" = {shape = [3]}', "by ranges as {0..47}, got a pattern"),
        ("x.toml", '[tensor]\n"w" = {shape = [3]}', "a table called tensors"),
        ("x.toml", 'more = 1\n[tensors]\n"w" = {shape = [3], scheme = "ones"}', "dtype and tensors"),
        ("x.safetensors", "12345", "a header within the file"),
        ("x.safetensors", "\xff" * 20, "a header within the file"),
    ],
)
def test_bad_sources(tmp_path, name, text, words):
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    assert words in refused(tmp_path / name, "-o", tmp_path / "out")
    assert os.listdir(tmp_path) == [name]


def test_what_is_no_file_of_the_right_kind(tmp_path):
    os.mkfifo(tmp_path / "x.safetensors")
    assert "not a regular file" in refused(tmp_path / "x.safetensors", "-o", tmp_path / "y.safetensors")
    os.symlink("/dev/zero", tmp_path / "x.toml")
    assert "not a regular file" in refused(tmp_path / "x.toml", "-o", tmp_path / "y.safetensors")
    assert "gpt2-xl" in refused("gpt5", "-o", tmp_path / "y.safetensors")
    assert "No such file" in refused(tmp_path / "none.json", "-o", tmp_path / "y.safetensors")


@pytest.mark.parametrize("text", ["", "w", "=ones", "w=", "w=normal:std", "w=normal:std=1,std=2", "w=normal:=1"])
def test_bad_rules(text):
    with pytest.raises(ValueError, match="PATTERN=SCHEME"):
        rule_text.rule_of("init", text)


def test_rules_as_text():
    assert rule_text.rule_of("init", "a*=normal:std=0.02,truncated=true,fans=oi") == (
        "a*",
        {"name": "normal", "std": 0.02, "truncated": True, "fans": "oi"},
    )
    assert rule_text.rule_of("init", "*=zeros") == ("*", "zeros")


def test_ranges():
    assert list(ranges.expanded("h.{9..11}.{0..1}")) == ["h.9.0", "h.9.1", "h.10.0", "h.10.1", "h.11.0", "h.11.1"]
    assert list(ranges.expanded("plain.{a..b}")) == ["plain.{a..b}"]
    assert ranges.n_names("x", "h.{9..11}.{0..1}") == 6


def header_of(text, data=b""):
    return len(text).to_bytes(8, "little") + text.encode() + data


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (header_of("{}x"), "JSON"),
        (header_of('{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'), "as its header says"),
        (header_of('{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', b"1234"), "a span of 8 bytes"),
        (header_of('{"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', b"12345678"), "to start at byte 0"),
        (header_of('{"w": {"dtype": "F4", "shape": [8], "data_offsets": [0, 4]}}', b"1234"), "one of the dtypes"),
        (header_of('{"w": {"dtype": "F32", "shape": 1, "data_offsets": [0, 4]}}', b"1234"), "a shape"),
        (header_of('{"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', b"1234"), "each >= 0"),
        (header_of('{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}', b"1234"), "two ints"),
        (header_of('{"w": 3}'), "dtype, shape and data_offsets"),
        (header_of("[1]"), "a table as header"),
        (header_of('{"__metadata__": {"a": 1}}'), "metadata of strings"),
        (
            header_of('{"w": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}, "w": {}}', b"1"),
            "a name that stands there twice",
        ),
        (header_of('{"w": {"dtype": "F32", "shape": [9223372036854775807, 9], "data_offsets": [0, 4]}}'), "2**63"),
    ],
)
def test_damaged_headers(tmp_path, raw, words):
    (tmp_path / "x.safetensors").write_bytes(raw)
    assert words in refused(tmp_path / "x.safetensors", "-o", tmp_path / "y.safetensors")
    assert words in fs.verify(tmp_path / "x.safetensors", Plan({})).problems[0]


def test_ten_thousand_names_over_one_span(tmp_path):
    rows = {f"t{i}": {"dtype": "U8", "shape": [1000], "data_offsets": [0, 1000]} for i in range(10_000)}
    (tmp_path / "x.safetensors").write_bytes(header_of(json.dumps(rows), bytes(1000)))
    assert "to start at byte 1000" in refused(tmp_path / "x.safetensors", "-o", tmp_path / "y.safetensors")


PLAIN = '[tensors]\n"a.w" = {shape = [50, 30], scheme = "normal"}\n"b" = {shape = [], scheme = "ones", dtype = "int32"}'


def test_numpy_files(tmp_path):
    (tmp_path / "p.toml").write_text(PLAIN)
    expected = {"a.w": fi.normal((50, 30), rng=3, name="a.w"), "b": np.ones((), np.int32)}
    init(tmp_path / "p.toml", "-o", tmp_path / "out", "--format", "npy", "--seed", "3")
    assert sorted(os.listdir(tmp_path / "out")) == ["a.w.npy", "b.npy"]
    for name, values in expected.items():
        loaded = np.load(tmp_path / "out" / f"{name}.npy")
        assert same_bits(loaded, values)
    init(tmp_path / "p.toml", "-o", tmp_path / "x.npz", "--format", "npz", "--seed", "3")
    with np.load(tmp_path / "x.npz") as archive:
        assert set(archive) == set(expected)
        assert all(same_bits(archive[name], values) for name, values in expected.items())
    assert "exists" in refused(tmp_path / "p.toml", "-o", tmp_path / "x.npz", "--format", "npz")
    assert "exists" in refused(tmp_path / "p.toml", "-o", tmp_path / "out", "--format", "npy")
    assert sorted(os.listdir(tmp_path)) == ["out", "p.toml", "x.npz"]


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "x" * 300])
def test_names_that_no_file_can_have(tmp_path, name):
    (tmp_path / "p.toml").write_text(PLAIN.replace("a.w", name))
    assert "a name that a file can have" in refused(tmp_path / "p.toml", "-o", tmp_path / "out", "--format", "npy")
    assert os.listdir(tmp_path) == ["p.toml"]


def test_numpy_has_no_bfloat16(tmp_path):
    (tmp_path / "p.toml").write_text(PLAIN)
    arguments = (tmp_path / "p.toml", "-o", tmp_path / "x.npz", "--format", "npz", "--dtype", "bfloat16")
    assert "one that NumPy's files have" in refused(*arguments)
