# SPDX-License-Identifier: Apache-2.0
"""Turns pages into files: templates, style sheet, typeface, JSON. All of a site, or nothing."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from fontTools import subset
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from scripts.figure import Figure
from scripts.kinds import kind
from scripts.labels import number
from scripts.report.canvas import FACES, TYPEFACES, Plot
from scripts.report.data import Missing
from scripts.report.layers import LayerColumn
from scripts.report.sentences import MINUS
from scripts.report.status import MUTANTS_BAR
from scripts.report.techniques import by_technique

TEMPLATES = Path(__file__).with_name("templates")
# What pages are written in; other characters come from the reader's own typefaces.
_CHARACTERS = (*range(0x20, 0x180), *range(0x2010, 0x2030), 0x2212, 0x2264, 0x2265)


@dataclass(frozen=True)
class Page:
    """One page. name: of its file, without .html. context: for the template; data: for the JSON."""

    name: str
    title: str
    template: str
    context: Mapping[str, Any]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    name: str
    text: str
    group: str = ""


def write_site(folder: Path, pages: Iterable[Page], links: Iterable[Link]) -> None:
    """Write all pages to `folder`, in the place of what is there; on any error nothing changes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        partial.chmod(0o755)
        environment = _environment(folder)
        shown = list(links)
        for page in pages:
            template = environment.get_template(page.template)
            text = template.render(page=page, links=shown, **page.context)
            (partial / f"{page.name}.html").write_text(text)
            data = json.dumps(plain(page.data), indent=1, allow_nan=False)
            (partial / f"{page.name}.json").write_text(data + "\n")
        shutil.copy(TEMPLATES / "report.css", partial)
        _write_typeface(partial)
        _swap(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _swap(new: Path, folder: Path) -> None:
    """Put `new` in the place of `folder`; if that fails, `folder` is what it was."""
    if not folder.exists():
        new.rename(folder)
        return
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        folder.rename(old / folder.name)
        new.rename(folder)
    finally:
        if not folder.exists():
            (old / folder.name).rename(folder)
        shutil.rmtree(old)


def plain(value: Any) -> Any:
    """Return `value` as JSON has it: dataclasses as objects, what is missing as its command."""
    if isinstance(value, Missing):
        return {"missing": value.command}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value


def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "value": _value, "kind": kind, "svg": _svg}
    environment.filters |= {
        "bound": _bound,
        "brief": _brief,
        "by_technique": by_technique,
        "counted": _counted,
        "energy": _energy,
        "capitalize_first": _capitalized,
        "linked": _linked,
        "rough": _rough,
        "runs": _runs,
        "when": _when,
    }
    environment.tests |= {"missing": _is_missing, "search": _search}
    environment.globals |= {"built": _built(folder), "mutants_bar": MUTANTS_BAR}
    return environment


def _number(value: float, sign: bool = False) -> str:
    """A number for reading, with the minus sign that is as wide as the digits."""
    return ("+" if sign and value > 0 else "") + number(value).replace("-", MINUS)


def _value(figure: Figure) -> Markup:
    """A figure's value, with the number itself for whoever reads the page by machine."""
    return Markup('<data value="{}">{}</data>').format(repr(figure.value), _number(figure.value))


def _svg(plot: Plot, width: str) -> Markup:
    drawing = str(getattr(plot, width))
    return Markup(drawing.replace("<svg ", f'<svg class="{width}" ', 1))


def _bound(text: str) -> str:
    """A sentence in which no percent sign leaves its number."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _brief(value: object) -> str:
    """A condition for reading."""
    return value if isinstance(value, str) else json.dumps(value)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _linked(text: str) -> Markup:
    """A source, with the numbers of arXiv papers as links."""
    address = r'<a href="https://arxiv.org/abs/\1">arXiv \1</a>'
    return Markup(re.sub(r"arXiv (\d{4}\.\d{5})", address, str(escape(text))))


Grouped = TypeVar("Grouped", LayerColumn, Link)


def _runs(entries: Iterable[Grouped]) -> list[tuple[str, list[Grouped]]]:
    """Neighbours of one group together."""
    return [(name, list(found)) for name, found in itertools.groupby(entries, lambda e: e.group)]


def _rough(value: float) -> str:
    """A number of a long table: of large ones, the integer part."""
    return _number(round(value) if abs(value) >= 1000 else round(value, 3))


def _counted(count: int, noun: str, several: str = "") -> str:
    """A number of things.

    >>> _counted(1, "run"), _counted(1200, "run")
    ('1 run', '1,200 runs')
    """
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def _energy(nanojoules: float) -> str:
    """An energy for reading: in nJ, of large ones in µJ."""
    large = nanojoules >= 1000
    return f"{nanojoules / 1000:,.1f} µJ" if large else f"{nanojoules:,.1f} nJ"


def _when(started: str) -> str:
    """A time for reading: "21 Nov 2026, 09:48"; what is none as it is.

    >>> _when("2026-11-21T09:48:11Z")
    '21 Nov 2026, 09:48'
    """
    try:
        return datetime.fromisoformat(started).strftime("%-d %b %Y, %H:%M")
    except ValueError:
        return started


def _search(text: str, pattern: str) -> bool:
    return re.search(pattern, text) is not None


def _is_missing(value: object) -> bool:
    return isinstance(value, Missing)


def _built(folder: Path) -> Callable[[str], str]:
    """Return a function that gives the link to a file beside the site, "" if it is not there."""

    def link(path: str) -> str:
        target = folder.parent / path
        return os.path.relpath(target, folder) if target.is_file() else ""

    return link


def _write_typeface(folder: Path) -> None:
    """Take the letters that the pages need along, so that nothing is fetched from anywhere."""
    for weight, name in FACES.items():
        if not (TYPEFACES / name).is_file():
            continue  # the style sheet then falls back to the reader's own
        options = subset.Options(flavor="woff", layout_features=["kern", "tnum", "calt"])
        font = subset.load_font(str(TYPEFACES / name), options)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=list(_CHARACTERS))
        chosen.subset(font)
        subset.save_font(font, str(folder / f"inter-{weight}.woff"), options)
