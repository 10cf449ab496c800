"""An app whose pictures come at a pace: the newest wins, and little is sent where bandwidth is low."""

import asyncio

from textual.driver import Driver

from liqtui.painting.direct import DirectApp
from liqtui.painting.pace import Pace

_LOOK_AGAIN_S = 0.1
"""How soon a terminal that has not taken the last picture is looked at again."""


class PacedApp(DirectApp):
    """Calls `draw` when a picture is due after `ask_to_draw`, and `save` when low bandwidth begins or ends."""

    def __init__(self, pace: Pace, driver_class: type[Driver] | None = None, ansi_color: bool | None = None) -> None:
        super().__init__(driver_class=driver_class, ansi_color=ansi_color)
        self.pace = pace
        self.saves = False
        """Whether as little as possible is sent."""
        self._drawing: asyncio.TimerHandle | None = None

    def draw(self) -> None:
        """Draw the newest state."""
        raise NotImplementedError

    def save(self) -> None:
        """Take over `saves`."""
        raise NotImplementedError

    def ask_to_draw(self) -> None:
        """Draw as soon as a picture is due; asking again before that changes nothing."""
        if self._drawing is None:
            self._draw_when_due()

    def draw_now(self) -> None:
        """Draw without waiting."""
        self.pace.drawn()
        with self.one_picture():
            self.draw()

    def heed_pace(self) -> None:
        """Tell the pace how the output flows, and begin or end to save."""
        self.pace.note_output(self.is_output_pending, self.sent_bytes)
        if self.pace.low != self.saves:
            self.saves = self.pace.low
            self.track_mouse(not self.saves)
            self.save()

    def action_low_bandwidth(self) -> None:
        """Send as little as possible, or as usual again."""
        self.pace.wish(not self.pace.low)
        self.heed_pace()

    async def on_unmount(self) -> None:
        """Draw no more."""
        if self._drawing is not None:
            self._drawing.cancel()

    def _draw_later(self) -> None:
        """Draw when a picture is due; Textual reports what goes wrong."""
        try:
            self._draw_when_due()
        except Exception as error:
            self._handle_exception(error)

    def _draw_when_due(self) -> None:
        """Draw now, or come back when a picture is due and the terminal has taken the last one."""
        self._drawing = None
        self.heed_pace()
        wait_s = self.pace.wait_s() or (_LOOK_AGAIN_S if self.is_output_pending else 0.0)
        if wait_s:
            # Not a timer of Textual's: that is a task and two messages for each picture.
            self._drawing = asyncio.get_running_loop().call_later(wait_s, self._draw_later)
        else:
            self.draw_now()
