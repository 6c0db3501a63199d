# SPDX-License-Identifier: Apache-2.0
"""The syntax of Liberty files: groups with arguments, attributes and further groups."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.errors import UserError


@dataclass(frozen=True)
class Group:
    """One group of the file: ``name (arguments) { attributes and groups }``."""

    name: str
    arguments: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Group]:
        """The groups of that name directly below."""
        return (group for group in self.groups if group.name == name)

    def value(self, name: str, default: str = "") -> str:
        """The attribute's first value."""
        return self.attributes.get(name, (default,))[0]

    def number(self, name: str, default: float = 0.0) -> float:
        """The attribute as a number."""
        text = self.value(name)
        return float(text) if text else default


_TOKEN = re.compile(r'"(?P<string>[^"]*)"|(?P<word>[^\s(){}:;,"]+)|(?P<mark>[(){}:;,])', re.DOTALL)
_NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|\\\n", re.DOTALL)


def parse(text: str, name: str) -> Group:
    """Return the library group of a Liberty file's text. Raises UserError where it is malformed."""
    text = _NOISE.sub(" ", text)
    if not re.search(r"\blibrary\s*\(", text):
        raise UserError(f"{name} is not a Liberty file: it has no library(...) group")
    tokens = [
        (match.group("mark") or "", match.group("string") or match.group("word") or "")
        for match in _TOKEN.finditer(text)
    ]
    root = Group("", ())
    try:
        _read_body(tokens, 0, root, top=True)
    except IndexError as error:
        raise UserError(f"{name}: the file ends within a group; it is cut off") from error
    libraries = list(root.all("library"))
    if len(libraries) != 1:
        raise UserError(f"{name} has {len(libraries)} library(...) groups, not one")
    return libraries[0]


def _read_body(tokens: list[tuple[str, str]], at: int, into: Group, top: bool) -> int:
    """Read what is between braces from `at` on; return the place behind the closing one."""
    while at < len(tokens) or not top:
        mark, word = tokens[at]
        at += 1
        if mark == "}":
            return at
        if mark:
            continue
        follows = tokens[at][0]
        if follows == ":":
            values = []
            at += 1
            while tokens[at][0] not in (";", "}"):
                values.append(tokens[at][1])
                at += 1
            into.attributes[word] = (" ".join(values),)
        elif follows == "(":
            arguments = []
            at += 1
            while tokens[at][0] != ")":
                if not tokens[at][0]:
                    arguments.append(tokens[at][1])
                at += 1
            at += 1
            if at < len(tokens) and tokens[at][0] == "{":
                group = Group(word, tuple(arguments))
                into.groups.append(group)
                at = _read_body(tokens, at + 1, group, top=False)
            else:
                into.attributes[word] = tuple(arguments)
    return at


def read(path: Path) -> Group:
    """Parse a Liberty file, gzip or not. Raises UserError if it cannot be read."""
    try:
        data = path.read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    return parse(text.decode(errors="replace"), str(path))
