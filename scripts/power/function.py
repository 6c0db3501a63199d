# SPDX-License-Identifier: Apache-2.0
"""Boolean functions as Liberty writes them, turned into expressions that C and Verilog share."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from scripts.errors import UserError

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*(?:\[\d+\])?|[01!'()*&+|^])")


@dataclass(frozen=True)
class Expression:
    """text uses ``~ & | ^`` and parentheses around pins and the words ZERO and ONES."""

    text: str
    pins: tuple[str, ...]

    def value(self, inputs: Mapping[str, int]) -> int:
        """The function's value (0 or 1) for inputs of 0 and 1."""
        names = {f"p{i}": inputs[pin] for i, pin in enumerate(self.pins)}
        names |= {"ZERO": 0, "ONES": 1}
        return int(eval(self.normal, {"__builtins__": {}}, names)) & 1  # noqa: S307  our own text

    def with_pins(self, names: Mapping[str, str]) -> str:
        """The text with other names for the pins."""
        return re.sub(r"[A-Za-z_]\w*", lambda word: names.get(word[0], word[0]), self.text)

    @property
    def normal(self) -> str:
        """The text with the pins called p0, p1 and on: equal for all cells that do the same."""
        return self.with_pins({pin: f"p{i}" for i, pin in enumerate(self.pins)})

    def fixed(self, pin: str, value: int) -> Expression:
        """The function with one pin tied."""
        text = self.with_pins({pin: "ONES" if value else "ZERO"})
        return Expression(text, tuple(p for p in self.pins if p != pin))

    def constant(self) -> int | None:
        """0 or 1 if the function does not depend on its pins."""
        rows = itertools.product((0, 1), repeat=len(self.pins))
        values = {self.value(dict(zip(self.pins, row, strict=True))) for row in rows}
        return values.pop() if len(values) == 1 else None

    @property
    def is_buffer(self) -> bool:
        """Whether it is its only pin."""
        return len(self.pins) == 1 and self._row() == (0, 1)

    @property
    def is_inverter(self) -> bool:
        """Whether it is its only pin inverted."""
        return len(self.pins) == 1 and self._row() == (1, 0)

    def _row(self) -> tuple[int, int]:
        return self.value({self.pins[0]: 0}), self.value({self.pins[0]: 1})


@cache
def expression(text: str) -> Expression:
    """Translate a Liberty function.

    ``!`` and ``'`` invert; ``*``, ``&`` and a blank mean and; ``+`` and ``|`` or; ``^`` binds more
    than and (Liberty user guide, "function"). Raises UserError for anything else.

    >>> expression("!(A B)").text
    '~(A & B)'
    """
    parser = _Parser(text)
    translated = parser.either()
    if parser.at != len(parser.tokens):
        raise parser.error()
    return Expression(translated, tuple(dict.fromkeys(parser.pins)))


class _Parser:
    """Recursive descent; each method returns text that needs no parentheses around it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.pins: list[str] = []
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"\s", "", text) or not self.tokens:
            raise self.error()

    def error(self) -> UserError:
        return UserError(f"Liberty function {self.text!r} is not understood")

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def either(self) -> str:
        terms = [self.both()]
        while self.peek() in ("+", "|"):
            self.take()
            terms.append(self.both())
        return _joined(terms, "|")

    def both(self) -> str:
        terms = [self.differ()]
        while (token := self.peek()) and token not in ("+", "|", ")"):
            if token in ("*", "&"):
                self.take()
            terms.append(self.differ())
        return _joined(terms, "&")

    def differ(self) -> str:
        terms = [self.primary()]
        while self.peek() == "^":
            self.take()
            terms.append(self.primary())
        return _joined(terms, "^")

    def primary(self) -> str:
        token = self.take()
        if token == "!":
            return f"~{self.primary()}"
        if token == "(":
            inner = self.either()
            if self.take() != ")":
                raise self.error()
        elif token in ("0", "1"):
            inner = "ONES" if token == "1" else "ZERO"
        elif token and (token[0].isalpha() or token[0] == "_"):
            self.pins.append(token)
            inner = token
        else:
            raise self.error()
        while self.peek() == "'":
            self.take()
            inner = f"~{inner}"
        return inner


def _joined(terms: list[str], operator: str) -> str:
    return terms[0] if len(terms) == 1 else f"({f' {operator} '.join(terms)})"
