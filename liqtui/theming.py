"""Theme files (TOML) -> the app's colours and the heatmap's ramps, for each number of colours a terminal has."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import platformdirs
from rich.color import ANSI_COLOR_NAMES
from textual.theme import BUILTIN_THEMES, Theme

from liqtui.painting.sequences import xterm_rgb

ColourSystem = Literal["truecolor", "256", "16", "none"]
"""What the terminal can show; `none` is NO_COLOR."""

DEFAULT_THEME = "dark"
COLOURS = (
    "background", "panel", "text", "dim", "title", "rule", "long", "short", "up", "down", "good", "warn", "bad",
    "price", "badge", "badge_text", "alarm", "alarm_text", "cursor", "path", "gap",
)  # fmt: skip
"""What a theme colours; each is the CSS variable `$liq-...`."""

_TOP_KEYS = ("name", "about", "dark", "colours", "colours16", "heat")
_RAMP_KEYS = ("truecolor", "xterm256", "ansi16")
SHADES = "░▒▓█"
_PLAIN_STYLES = {
    "title": "bold", "price": "bold", "badge": "bold", "alarm": "bold", "cursor": "none",
    "list-cursor": "bold", "dim": "none",
}  # fmt: skip
_DEEP = ("black", "red", "blue", "magenta", "bright_black")
"""ANSI colours on which white can be read, and black on the others."""
_MONO_STYLES = {
    "title": "bold", "price": "bold", "badge": "bold reverse", "alarm": "bold reverse", "cursor": "reverse",
    "list-cursor": "bold underline",
}  # fmt: skip
"""Textual's own lists, such as the palette's, ignore `reverse`."""


class ThemeError(Exception):
    """A theme cannot be used; the text names the file, the key and the nearest valid one."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """The colours of one side of the heatmap, weakest first."""

    truecolor: tuple[str, ...]
    xterm256: tuple[int, ...]
    ansi16: tuple[tuple[str, str], ...]
    """(ANSI colour name, shade glyph)."""


@dataclass(frozen=True, slots=True)
class ThemeSpec:
    """One theme file."""

    name: str
    about: str
    dark: bool
    colours: Mapping[str, str]
    """`#rrggbb` of each of COLOURS."""
    colours16: Mapping[str, str]
    """ANSI colour name of each of COLOURS."""
    long: Ramp
    short: Ramp


def theme_folder() -> Path:
    """Return the folder of the themes: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    return next((path for path in (package / "themes", package.parent / "themes") if path.is_dir()), package / "themes")


def _folders() -> tuple[Path, ...]:
    """Return where themes are looked for: beside the user's settings first."""
    return Path(platformdirs.user_config_dir("liqtui")) / "themes", theme_folder()


def theme_names() -> tuple[str, ...]:
    """Return the names of all themes, the default first."""
    names = sorted({path.stem for folder in _folders() for path in folder.glob("*.toml")})
    return tuple(sorted(names, key=lambda name: name != DEFAULT_THEME))


def theme_places(name: str) -> tuple[Path, ...]:
    """Return where the file of a theme may be, the user's place before ours."""
    return tuple(folder / f"{name}.toml" for folder in _folders())


def theme_path(name: str) -> Path | None:
    """Return the file of a theme, the user's before ours; None where there is none."""
    return next((path for path in theme_places(name) if path.is_file()), None)


@cache
def load_theme(name: str) -> ThemeSpec:
    """Return the theme of this name, which is that of its file, or raise ThemeError."""
    path = theme_path(name)
    if path is None:
        raise ThemeError(f"no theme {name!r}{_nearest(name, theme_names())}")
    return replace(read_theme(path), name=name)


def read_theme(path: Path) -> ThemeSpec:
    """Return the theme in a file, or raise ThemeError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path}: {error}") from error
    _check_keys(path, "", raw, _TOP_KEYS)
    heat = _table(path, "heat", raw["heat"], ("long", "short"))
    if not isinstance(raw["dark"], bool):
        raise ThemeError(f"{path}: dark must be true or false")
    return ThemeSpec(
        name=str(raw["name"]),
        about=str(raw["about"]),
        dark=raw["dark"],
        colours=_colours(path, "colours", raw["colours"]),
        colours16=_colours(path, "colours16", raw["colours16"]),
        long=_ramp(path, "heat.long", heat["long"]),
        short=_ramp(path, "heat.short", heat["short"]),
    )


def _check_keys(path: Path, where: str, found: Mapping[str, object], wanted: tuple[str, ...]) -> None:
    prefix = f"{where}." if where else ""
    for key in found:
        if key not in wanted:
            raise ThemeError(f"{path}: unknown key {prefix}{key}{_nearest(key, wanted)}")
    for key in wanted:
        if key not in found:
            raise ThemeError(f"{path}: {prefix}{key} is missing")


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _table(path: Path, where: str, value: object, wanted: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ThemeError(f"{path}: {where} must be a table")
    _check_keys(path, where, value, wanted)
    return value


def _colours(path: Path, where: str, value: object) -> dict[str, str]:
    table = _table(path, where, value, COLOURS)
    check = _ansi if where == "colours16" else _hex
    return {key: check(path, f"{where}.{key}", colour) for key, colour in table.items()}


def _hex(path: Path, where: str, value: object) -> str:
    text = str(value)
    if len(text) != 7 or text[0] != "#" or any(c not in "0123456789abcdefABCDEF" for c in text[1:]):
        raise ThemeError(f"{path}: {where} must be a colour like #1a2b3c, not {text!r}")
    return text


def _ansi(path: Path, where: str, value: object) -> str:
    text = str(value)
    names = ("default", *(name for name, number in ANSI_COLOR_NAMES.items() if number < 16 and "grey" not in name))
    if text not in names:
        raise ThemeError(f"{path}: {where} = {text!r} is not an ANSI colour{_nearest(text, names)}")
    return text


def _ramp(path: Path, where: str, value: object) -> Ramp:
    table = _table(path, where, value, _RAMP_KEYS)
    stops = {key: _stops(path, f"{where}.{key}", table[key]) for key in _RAMP_KEYS}
    numbers = [stop for stop in stops["xterm256"] if isinstance(stop, int) and 16 <= stop <= 255]
    if len(numbers) != len(stops["xterm256"]):
        raise ThemeError(f"{path}: {where}.xterm256 must hold numbers from 16 to 255")
    shades = tuple(_shade(path, f"{where}.ansi16", stop) for stop in stops["ansi16"])
    hexes = tuple(_hex(path, f"{where}.truecolor", stop) for stop in stops["truecolor"])
    return Ramp(hexes, tuple(numbers), shades)


def _stops(path: Path, where: str, value: object) -> list[object]:
    if not isinstance(value, list) or not 2 <= len(value) <= 16:
        raise ThemeError(f"{path}: {where} must be a list of 2 to 16 stops, weakest first")
    return value


def _shade(path: Path, where: str, value: object) -> tuple[str, str]:
    name, _, glyph = str(value).partition(" ")
    if len(glyph) != 1 or glyph not in SHADES:
        raise ThemeError(f"{path}: {where} must hold stops like 'red ▒', not {value!r}")
    return _ansi(path, where, name), glyph


def variables(spec: ThemeSpec, colour: ColourSystem) -> dict[str, str]:
    """Return the CSS variables `liq-...` of a theme."""
    found = {f"liq-{key.replace('_', '-')}": _css(spec, key, colour) for key in COLOURS}
    styles = _MONO_STYLES if colour == "none" else _PLAIN_STYLES
    dim = "dim" if colour in ("16", "none") else "none"
    found |= {f"liq-{key}-style": styles.get(key, dim) for key in _PLAIN_STYLES}
    return found | _text_on_cursor(spec, colour)


def _text_on_cursor(spec: ThemeSpec, colour: ColourSystem) -> dict[str, str]:
    """Return the colour of all text on the cursor in 16 colours, of which many cannot be read on one another."""
    if colour != "16" or spec.colours16["cursor"] == "default":
        return {}
    return {"liq-cursor-text": "ansi_bright_white" if spec.colours16["cursor"] in _DEEP else "ansi_black"}


def _css(spec: ThemeSpec, key: str, colour: ColourSystem) -> str:
    if colour == "none":
        return "ansi_default"
    if colour == "16":
        return f"ansi_{spec.colours16[key]}"
    return spec.colours[key] if colour == "truecolor" else _xterm_hex(spec.colours[key])


def textual_theme(spec: ThemeSpec, colour: ColourSystem) -> Theme:
    """Return the theme as Textual wants it."""
    few = colour in ("16", "none")
    css = {key: _css(spec, key, colour) for key in COLOURS}
    own = variables(spec, colour)
    return Theme(
        name=spec.name,
        primary=css["short"],
        secondary=css["long"],
        warning=css["warn"],
        error=css["bad"],
        success=css["good"],
        accent=css["badge"],
        foreground=css["text"],
        background=css["background"],
        surface=css["panel"],
        panel=css["panel"],
        boost=css["panel"],
        dark=spec.dark,
        ansi=few,
        variables=(BUILTIN_THEMES["ansi-dark" if spec.dark else "ansi-light"].variables | own) if few else own,
    )


def _xterm_hex(colour: str) -> str:
    """Return the colour that xterm shows for the nearest of its 240 fixed ones, so that nothing is rounded twice."""
    return "#{:02x}{:02x}{:02x}".format(*xterm_rgb(nearest_xterm(colour)))


@cache
def nearest_xterm(colour: str) -> int:
    """Return the number 16..255 of xterm's nearest fixed colour to `#rrggbb`."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return min(range(16, 256), key=lambda n: sum((a - b) ** 2 for a, b in zip(xterm_rgb(n), wanted, strict=True)))
