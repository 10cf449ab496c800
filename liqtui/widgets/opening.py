"""What stands in the map's place until the map is loaded."""

from collections.abc import Sequence

from textual.strip import Strip

from liqtui.widgets.panel import Panel


class Opening(Panel):
    """The heading of the map and a word of what is being waited for."""

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading, and the word in the middle."""
        lines = [self.line([], width) for _ in range(height)]
        lines[0] = self.line([self.field(" Liquidation map", "title")], width)
        if height > 2:
            lines[height // 2] = self.line([self.field(f"{'waiting for the engine':^{width}}", "dim")], width)
        return lines
