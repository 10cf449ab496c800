"""The page of the skill screen: its parts below each other, or in two columns where there is room."""

from collections.abc import Sequence
from itertools import zip_longest

from textual.geometry import Size
from textual.strip import Strip

from liqtui.model.snapshot import Snapshot
from liqtui.render.text import Field, fit
from liqtui.widgets.panel import Panel
from liqtui.widgets.skill_blocks import Block, checks, coverage, gains, mix, reliability, verdict

_COLUMN_LEAST, _COLUMN_MOST, _GAP = 54, 90, 3


class SkillSheet(Panel):
    """All that is known of the map's skill; as high as what it holds."""

    def heed(self, old: Snapshot | None, new: Snapshot | None) -> None:
        """Draw what is new, at its new height."""
        if self.is_attached and self.size.width and len(self._sheet(self.size.width)) != self.size.height:
            self.refresh(layout=True)
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines at a width."""
        return len(self._sheet(width))

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the whole page."""
        return [self.line(fields, width) for fields in self._sheet(width)]

    def _sheet(self, width: int) -> Block:
        if self.snapshot is None:
            return [[self.field("waiting for the engine", "dim")]]
        columns = 2 if width >= 2 * _COLUMN_LEAST + _GAP else 1
        column = min((width - _GAP * (columns - 1)) // columns, _COLUMN_MOST)
        skill = self.snapshot.detail.skill
        first = [verdict(self.snapshot, self.field, column)]
        if skill is None:
            return first[0]
        first += [part(skill, self.field, column) for part in (gains, checks, coverage)]
        second = [part(skill, self.field, column) for part in (reliability, mix)]
        if columns == 1:
            return _stacked([*first[:-1], second[0], first[-1], second[1]])
        return self._beside(_stacked(first), _stacked(second), column)

    def _beside(self, left: Block, right: Block, column: int) -> Block:
        empty: list[Field] = []
        return [
            [*ours, self.field(" " * (column + _GAP - sum(len(field.text) for field in ours))), *theirs]
            for ours, theirs in zip_longest((fit(line, column) for line in left), right, fillvalue=empty)
        ]


def _stacked(blocks: Sequence[Block]) -> Block:
    """Return the blocks that hold something, an empty line between them."""
    lines: Block = []
    for block in blocks:
        lines += [[], *block] if lines and block else block
    return lines
