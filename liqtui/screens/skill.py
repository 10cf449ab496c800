"""The skill screen: how far the map can be trusted."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from liqtui.model.snapshot import Snapshot
from liqtui.screens.page import Page
from liqtui.widgets.skill_sheet import SkillSheet
from liqtui.widgets.status import Condition


class SkillScreen(Page):
    """What the prints have shown of the map, kept up with the snapshots."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,k,K,q", "app.pop_screen", "Close")]

    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("j ↓ ↑", "scroll"), ("g G", "top, end"), ("v", "venue"), ("1-9", "asset"), ("k q", "close"),
    )  # fmt: skip

    def __init__(self, snapshot: Snapshot | None, condition: Condition) -> None:
        sheet = SkillSheet()
        sheet.begin_with(snapshot)
        super().__init__(snapshot, condition, sheet)
