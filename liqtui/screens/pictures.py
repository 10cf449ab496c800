"""What is on screen as files: SVG, text with colours (ANSI), plain text, and PNG where a converter is installed."""

import html
import importlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from textual.app import App

PNG_EXTRA = "liqtui[png]"
"""What brings the converter from SVG to PNG."""
_FAMILIES = "DejaVu Sans Mono, Liberation Mono, Noto Sans Mono, Menlo, Consolas, monospace"
"""Families with half blocks and braille of one width."""


def pictures(app: App[Any], title: str) -> dict[str, str]:
    """Return the screen by suffix: `svg`, `ansi`, `txt`."""
    console = Console(
        width=app.size.width,
        height=app.size.height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    console.print(app.screen._compositor.render_update(full=True))
    return {
        "svg": tightened(app.export_screenshot(title=title)),
        "ansi": console.export_text(clear=False, styles=True),
        "txt": "".join(f"{line.rstrip()}\n" for line in console.export_text(styles=False).splitlines()),
    }


def write_pictures(app: App[Any], folder: Path, name: str, title: str) -> list[Path]:
    """Write the screen to files `name.*` in a folder, which is made, and return them; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pictures(app, title)
    paths = []
    for suffix, text in made.items():
        path = folder / f"{name}.{suffix}"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    if (data := png(made["svg"])) is not None:
        paths.append(folder / f"{name}.png")
        paths[-1].write_bytes(data)
    return paths


def told(paths: Sequence[Path]) -> str:
    """Return in words what was written where."""
    kinds = ", ".join(path.suffix[1:] for path in paths)
    more = "" if paths[-1].suffix == ".png" else f"; for a PNG install {PNG_EXTRA}"
    return f"{paths[0].with_suffix('')} ({kinds}){more}"


def png(svg: str) -> bytes | None:
    """Return an SVG as PNG, None where no converter is installed or it fails."""
    try:
        converter = importlib.import_module("resvg_py")
        return bytes(converter.svg_to_bytes(svg_string=svg))
    except (ImportError, ValueError):
        return None


def tightened(svg: str) -> str:
    """Return a picture that needs no font from elsewhere, and whose texts neither begin nor end with blanks.

    Not every program that draws an SVG keeps such blanks, and without them the columns would not stand in line.
    """
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code, monospace", _FAMILIES)
    return re.sub(r'x="([\d.]+)" (y="[\d.]+") textLength="([\d.]+)"([^>]*)>([^<]*)<', _without_blanks, svg)


def _without_blanks(found: re.Match[str]) -> str:
    x, length, text = float(found[1]), float(found[3]), html.unescape(found[5])
    cell = length / max(len(text), 1)
    kept = text.strip("\xa0 ")
    x += cell * (len(text) - len(text.lstrip("\xa0 ")))
    shown = html.escape(kept).replace(" ", "&#160;").replace("\xa0", "&#160;")
    return f'x="{x:g}" {found[2]} textLength="{cell * len(kept):g}"{found[4]}>{shown}<'
