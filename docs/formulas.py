r"""From formulas in the plain text of docstrings to TeX.

A docstring has its formulas as ``2 / (fan_in + fan_out)``, so that ``help()`` reads well in a terminal. Here they
become \frac{2}{\mathrm{fan}_{\mathrm{in}} + \mathrm{fan}_{\mathrm{out}}}. What stands between double backticks and is
no formula by the grammar below stays code: dots, quotes, brackets and ``name=value`` have no place in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?(?:e-?\d+)?)|([A-Za-z_]\w*)|(\*\*|\+-|<=|>=| = |[-+*/(),<>]))")
SIGNS = {"<=": r"\le", ">=": r"\ge", "<": "<", ">": ">", " = ": "="}
NAMED = {"exp": r"\exp", "ln": r"\ln", "max": r"\max", "min": r"\min", "tanh": r"\tanh"}
BARS = {"abs": (r"\left|", r"\right|"), "ceil": (r"\lceil", r"\rceil")}
LETTERS = ("N", "U", "P", "E", "f")  # distributions, probability, expectation, the activation
FUNCTIONS = {*NAMED, *LETTERS, *BARS, "sqrt"}


class Tex(NamedTuple):
    text: str
    bare: str  #: without parentheses around the whole


class NoFormula(ValueError):
    pass


def to_tex(text: str) -> str | None:
    """The formula in TeX; None if the text is none, or a single name or number."""
    try:
        formula = _Reader(text)
        tex = formula.relations()
    except NoFormula:
        return None
    return tex if formula.at_end() and formula.has_operators else None


class _Reader:
    """Recursive descent: relations, sums, products, powers, atoms."""

    def __init__(self, text: str):
        self.tokens, end = [], 0
        for match in TOKEN.finditer(text):
            is_code = match[2] and text.startswith("(", match.end()) and match[2] not in FUNCTIONS
            if match.start() != end or is_code:
                raise NoFormula
            self.tokens.append(match[3] or match[0].strip())
            end = match.end()
        if end != len(text):
            raise NoFormula
        self.position, self.has_operators = 0, False

    def at_end(self) -> bool:
        return self.position == len(self.tokens)

    def next(self) -> str:
        return "" if self.at_end() else self.tokens[self.position]

    def take(self, *expected: str) -> str:
        """The next token if it is an expected one, else nothing."""
        token = self.next() if self.next() in expected else ""
        self.position += bool(token)
        return token

    def relations(self) -> str:
        texts = [self.sum()]
        while sign := self.take(*SIGNS, ","):
            self.has_operators |= sign != ","
            texts += [SIGNS.get(sign, sign), self.sum()]
        return " ".join(texts).replace(" ,", ",")

    def sum(self) -> str:
        texts = [self.product().text]
        while sign := self.take("+", "-"):
            self.has_operators = True
            texts += [sign, self.product().text]
        return " ".join(texts)

    def product(self) -> Tex:
        first = self.power()
        while True:
            if self.take("/"):
                self.has_operators = True
                fraction = rf"\frac{{{first.bare}}}{{{self.power().bare}}}"
                first = Tex(fraction, fraction)
            elif self.take("*") or re.match(r"[\w(]", self.next()):
                self.has_operators = True
                both = rf"{first.text} \, {self.power().text}"
                first = Tex(both, both)
            else:
                return first

    def power(self) -> Tex:
        if sign := self.take("-", "+-"):
            signed = (r"\pm " if sign == "+-" else "-") + self.power().text
            return Tex(signed, signed)
        base = self.atom()
        if not self.take("**"):
            return base
        self.has_operators = True
        raised = f"{{{base.text}}}^{{{self.power().bare}}}"
        return Tex(raised, raised)

    def atom(self) -> Tex:
        token = self.next()
        self.position += 1
        if token == "(":
            inside = self.closed()
            return Tex(rf"\left({inside}\right)", inside)
        if not re.match(r"\w", token):
            raise NoFormula
        if token in FUNCTIONS and self.take("("):
            return self.function(token)
        name = _name(token)
        return Tex(name, name)

    def function(self, name: str) -> Tex:
        self.has_operators = True
        inside = self.closed()
        if name == "sqrt":
            tex = rf"\sqrt{{{inside}}}"
        elif name in BARS:
            tex = inside.join(f" {bar} " for bar in BARS[name])
        else:
            tex = rf"{NAMED.get(name, name)}\left({inside}\right)"
        return Tex(tex, tex)

    def closed(self) -> str:
        inside = self.relations()
        if not self.take(")"):
            raise NoFormula
        return inside


def _name(token: str) -> str:
    """Letters as variables, fans with their subscript, other names as the words that they are."""
    if token[0].isdigit() or len(token) == 1:
        mantissa, _, exponent = token.partition("e")
        return mantissa if not exponent else rf"{mantissa} \cdot 10^{{{exponent}}}"
    if match := re.fullmatch("fan_(in|out)", token):
        return rf"\mathrm{{fan}}_{{\mathrm{{{match[1]}}}}}"
    return rf"\text{{{token}}}"
