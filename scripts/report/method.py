# SPDX-License-Identifier: Apache-2.0
"""docs/method.md as a page, with a place to jump to for each heading and each figure's name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup


@dataclass(frozen=True)
class Method:
    """The page. headings: title by anchor; figures: anchor by name of the figure it explains."""

    html: Markup
    headings: Mapping[str, str]
    figures: Mapping[str, str]


def method(path: Path, site: Path, names: Iterable[str]) -> Method | None:
    """Render the document for a site in the folder `site`; None if there is none.

    names: of the figures that it may explain.
    """
    if not path.is_file():
        return None
    text = MarkdownIt("commonmark").enable("table").render(path.read_text())
    text = re.sub(r"<h1>.*?</h1>", "", text, count=1, flags=re.DOTALL)
    headings: dict[str, str] = {}

    def heading(match: re.Match[str]) -> str:
        anchor = _anchor(match[2])
        headings[anchor] = re.sub("<[^>]*>", "", match[2])
        return f'<h2 id="{anchor}">{match[2]}</h2>'

    text = re.sub(r"<h(2)>(.*?)</h2>", heading, text)
    figures = {}
    for name in names:
        mark = f'<a id="figure-{name}"></a><code>{name}</code>'
        text, found = re.subn(rf"<code>{name}</code>(?=:|,\s*<code>)", mark, text, count=1)
        if found:
            figures[name] = f"figure-{name}"
    text = re.sub(r'href="([^"#:]+)(#[^"]*)?"', lambda match: _link(match, path, site), text)
    text = text.replace("<table>", '<div class="scroll"><table>').replace(
        "</table>", "</table></div>"
    )
    return Method(Markup(text), headings, figures)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub("<[^>]*>", "", title).lower()).strip("-")


def _link(match: re.Match[str], path: Path, site: Path) -> str:
    """A link between documents, as seen from the site."""
    target = os.path.relpath(path.parent / match[1], site)
    return f'href="{target}{match[2] or ""}"'
