"""Light painting for a Textual app: only what differs is sent, in one write a frame, and never to a full terminal.

`LIQTUI_PAINT=stock` in the environment gives Textual's own painting, to compare with. So does an installed Textual that
lacks one of the private names used here (`painting_fault`).
"""

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from liqtui.painting.multiplexer import in_tmux
from liqtui.painting.outlet import Outlet
from liqtui.painting.shadow import Shadow

SYNC_FROM_BYTES = 4096
"""Frames of fewer characters arrive in one piece anyway."""


def painting_fault(env: Mapping[str, str] = os.environ) -> str | None:
    """Return why Textual paints by itself, or None when only differences are sent."""
    if env.get("LIQTUI_PAINT") == "stock":
        return "LIQTUI_PAINT"
    try:
        from rich.style import Style
        from textual import _compositor as compositor
        from textual.drivers.linux_driver import LinuxDriver
        from textual.message_pump import MessagePump
    except ImportError as error:
        return str(error)
    attributes = ("_batch_count", "_sync_available", "_driver", "_previous_cursor_position")
    wanted: tuple[tuple[type, tuple[str, ...]], ...] = (
        (App, ("_display", "_handle_exception", *attributes)),
        (MessagePump, ("_running", "_closed")),
        (LinuxDriver, ("_file", "_writer_thread", "_enable_mouse_support", "_disable_mouse_support")),
        (compositor.LayoutUpdate, ("strips", "region")),
        (compositor.ChopsUpdate, ("chops", "spans", "chop_ends")),
        (Style, ("_make_ansi_codes", "_link", "_link_id")),
    )
    missing = [f"{owner.__name__}.{name}" for owner, names in wanted for name in names if not has(owner, name)]
    return f"Textual has no {', '.join(missing)}" if missing else None


def has(owner: type, name: str) -> bool:
    """Return whether a class has an attribute, or sets it when an instance is made."""
    return hasattr(owner, name) or name in owner.__init__.__code__.co_names  # type: ignore[misc]


class LightApp(App[None]):
    """An app that sends the terminal only what differs from what it shows."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+l", "redraw", "Redraw", show=False)]

    def __init__(self, driver_class: type[Driver] | None = None, ansi_color: bool | None = None) -> None:
        super().__init__(driver_class=driver_class, ansi_color=ansi_color)
        # tmux draws a line anew for each move of its cells in a pane beside another.
        self._shadow = Shadow(moves_cells=not in_tmux()) if painting_fault() is None else None
        self._beside = ""
        """Sequences that go out with the next frame."""

    @property
    def outlet(self) -> Outlet | None:
        """What counts the bytes sent, where the driver has one."""
        file = getattr(self._driver, "_file", None)
        return file if isinstance(file, Outlet) else None

    @property
    def is_output_pending(self) -> bool:
        """Whether the terminal has not taken the last frame yet."""
        return self.outlet is not None and self.outlet.is_pending

    @property
    def sent_bytes(self) -> int:
        """All that was sent to the terminal so far, where that is counted."""
        return self.outlet.sent_bytes if self.outlet is not None else 0

    def write_terminal(self, text: str) -> None:
        """Write sequences to the terminal, behind what was written before."""
        driver, outlet = self._driver, self.outlet
        if driver is not None and outlet is not None:
            outlet.send(text, driver.write)
        elif driver is not None:
            driver.write(text)

    def track_mouse(self, wanted: bool) -> None:
        """Have the terminal tell the mouse's motion, or not, where the driver can change that."""
        driver = self._driver
        act = getattr(driver, "_enable_mouse_support" if wanted else "_disable_mouse_support", None)
        if driver is not None and act is not None and driver._mouse:
            act()
            driver.flush()

    def action_redraw(self) -> None:
        """Paint everything again, for a terminal that shows what it was not sent."""
        self._forget()
        self.screen.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Trust nothing on the terminal after a resize or a return from the background, which comes as one, too."""
        self._forget()
        if self._shadow is not None and self._shadow.size == event.size:
            self._send()

    def _forget(self) -> None:
        if self._shadow is not None:
            self._shadow.forget()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Paint a frame: through the shadow if it is one of the full screen, else as Textual does."""
        driver = self._driver
        if self._shadow is None or driver is None or driver.is_inline or self.is_headless:
            super()._display(screen, renderable)
        elif isinstance(renderable, LayoutUpdate | ChopsUpdate):
            if self._running and not self._closed and not self._batch_count:
                self._take(self._shadow, renderable)
        elif renderable is not None:
            self._shadow.forget()
            super()._display(screen, renderable)

    def _take(self, shadow: Shadow, update: LayoutUpdate | ChopsUpdate) -> None:
        try:
            shadow.take(update, self.console._color_system or ColorSystem.TRUECOLOR)
        except Exception as error:  # a fault in a widget's line, which Textual reports
            self._handle_exception(error)
        else:
            self._send()

    def _send(self) -> None:
        """Send what the terminal lacks; if it has not taken the last frame, do it when it has."""
        driver, outlet, shadow = self._driver, self.outlet, self._shadow
        if shadow is None or driver is None or self._closed:
            return
        if outlet is not None and outlet.is_busy(partial(asyncio.get_running_loop().call_soon_threadsafe, self._send)):
            return
        cursor = self._previous_cursor_position = self.cursor_position.clamp(*shadow.size)
        data, self._beside = f"{self._beside}{shadow.changes(cursor)}", ""
        if not data:
            return
        if self._sync_available and len(data) > SYNC_FROM_BYTES:
            data = f"{SYNC_START}{data}{SYNC_END}"
        self.write_terminal(data)
