# SPDX-License-Identifier: Apache-2.0
"""Energy: cell libraries, netlists and functions, good and bad."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.power import liberty, libraries, netlist
from scripts.power.function import expression
from scripts.power.technology import usable
from tests.pencil import TEXT

# ---- Libraries by name ----

PACKED = gzip.compress(TEXT.encode(), mtime=0)
NANGATE = "nangate45/nangate45_typ.lib.gz"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has no libraries yet, with a sum that PACKED has."""
    root = tmp_path / "one" / "two"
    root.mkdir(parents=True)
    monkeypatch.setattr(libraries, "ROOT", root)
    monkeypatch.delenv("LACUNA_DATA", raising=False)
    monkeypatch.setitem(libraries.SUMS, NANGATE, hashlib.sha256(PACKED).hexdigest())
    return root


def test_a_library_is_fetched_once(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = nowhere / "mirror"
    mirror.mkdir()
    (mirror / Path(NANGATE).name).write_bytes(PACKED)
    monkeypatch.setattr(libraries, "SOURCE", mirror.as_uri())
    path = libraries.liberty("nangate45")
    assert path == nowhere / "build" / "data" / "liberty" / NANGATE
    assert "AND" in liberty.load(path).cells
    (mirror / Path(NANGATE).name).unlink()
    assert libraries.liberty("nangate45") == path
    assert not libraries.available("sky130hd")


@pytest.fixture
def server() -> Iterator[str]:
    """An HTTP server that ends its answers too early."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PACKED)))
            self.end_headers()
            self.wfile.write(PACKED[:100])

        def log_message(self, *_: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


def test_an_interrupted_download_leaves_nothing(
    nowhere: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "SOURCE", server)
    with pytest.raises(UserError, match="does not answer"):
        libraries.liberty("nangate45")
    assert not list(nowhere.rglob("*.lib*"))


@pytest.mark.parametrize("content", [PACKED[:-1], PACKED + b"\n", b"<html>", b""])
def test_an_altered_library_is_refused(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = nowhere / "data" / "liberty" / NANGATE
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    monkeypatch.setenv("LACUNA_DATA", str(nowhere / "data"))
    with pytest.raises(UserError, match="truncated or altered") as caught:
        libraries.liberty("nangate45")
    assert str(path) in str(caught.value)


def test_an_unknown_library_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="osu018, nangate45, sky130hd or a path") as caught:
        libraries.liberty("osu035")
    assert "osu035" in str(caught.value)
    assert libraries.liberty("osu018").is_file()
    with pytest.raises(UserError, match="no Liberty file"):
        libraries.liberty(str(tmp_path))


# ---- Liberty files ----


@pytest.mark.parametrize("packed", [False, True])
def test_a_liberty_file_may_be_compressed(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "cells.lib"
    path.write_bytes(PACKED if packed else TEXT.encode())
    library = liberty.load(path)
    assert (library.name, library.voltage, library.cells["AND"].leakage) == ("pencil", 2, 6)


def test_cells_that_are_not_to_be_used_are_not(tmp_path: Path) -> None:
    path = tmp_path / "cells.lib"
    path.write_text(TEXT.replace("cell(INV) {", "cell(INV) { dont_use : true;"))
    cells = liberty.load(path).cells
    assert [name for name, cell in cells.items() if not usable(cell)] == ["INV"]


def spoilt(old: str, new: str) -> bytes:
    assert old in TEXT
    return TEXT.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no library"),
        (b"module a; endmodule", "no library"),
        (TEXT.encode()[:-200], "cut off"),
        (TEXT.encode() + b"library(b) { }", "2 library"),
        (TEXT.replace("internal_power", "external_power").encode(), "no power tables"),
        (spoilt("(1, ff)", "(1, farad)"), "units"),
        (spoilt("(1, ff)", "(1)"), "units"),
        (spoilt('time_unit : "1ns"', 'time_unit : "ns"'), "units"),
        (spoilt('time_unit : "1ns"', "time_unit()"), "units"),
        (spoilt("template(square)", "template()"), "a table of square has 4 values"),
        (spoilt("nom_voltage : 2", 'nom_voltage : 2; voltage_unit : "1kg"'), "units"),
        (spoilt("nom_voltage : 2", "nom_voltage : high"), "units"),
        (spoilt("nom_voltage : 2;", ""), "no nom_voltage"),
        (spoilt('"1, 3", "5, 7"', '"1, 3", "5"'), "a table of square has 3 values"),
        (spoilt('"1, 3", "5, 7"', '"1, 3", "5, seven"'), "cell TABLE is malformed.*seven"),
        (spoilt("capacitance : 499", "capacitance : many"), "cell HEAVY is malformed.*many"),
        (PACKED[:-20], "cannot read"),
        (PACKED[:60] + bytes(20) + PACKED[80:], "cannot read"),
    ],
)
def test_a_liberty_file_that_does_not_do_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "cells.lib"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        liberty.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "not a netlist of top"),
        ("[", "not a netlist of top"),
        ('{"modules": {"top": {"ports": {}, "cells": {}, "netnames": {}}}}', "no input clk_i"),
        (
            '{"modules": {"top": {"ports": {}, "cells": {"g": {"type": "NAND",'
            ' "connections": {}}}, "netnames": {}}}}',
            r"no cell NAND \(g\)",
        ),
    ],
)
def test_a_netlist_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "cells.lib").write_text(TEXT)
    (tmp_path / "top.json").write_text(content)
    with pytest.raises(UserError, match=said):
        netlist.load(tmp_path / "top.json", "top", liberty.load(tmp_path / "cells.lib"))


# ---- Functions ----


@pytest.mark.parametrize(
    ("text", "table"),  # for A B C = 000, 001 and on
    [
        ("A B + C", "01010111"), ("A & (B | C)", "00000111"), ("A * !B", "00001100"),
        ("A' B", "00110000"), ("(A B)'", "11111100"), ("A''", "00001111"), ("!A'", "00001111"),
        ("A ^ B C", "00010100"), ("A + B ^ C", "01101111"), ("!A ^ B", "11000011"),
        ("0", "00000000"), ("1", "11111111"), ("A + 1", "11111111"), ("A 0 + B", "00110011"),
        ("(((A)))", "00001111"), ("A\n+\tB", "00111111"),
    ],
)  # fmt: skip
def test_functions_bind_as_liberty_says(text: str, table: str) -> None:
    found = expression(text)
    rows = [{"A": i >> 2 & 1, "B": i >> 1 & 1, "C": i & 1} for i in range(8)]
    assert "".join(str(found.value(row)) for row in rows) == table


def test_pins_may_be_called_like_words_of_python() -> None:
    assert expression("!in or").value({"in": 0, "or": 1}) == 1


@pytest.mark.parametrize(
    "text", ["", " ", "A +", "(A", "A)", "A)(", "()", "!", "'A", "A $ B", "A == B", "A + * B", "2"]
)
def test_functions_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not understood"):
        expression(text)
