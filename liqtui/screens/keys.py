"""The keys of the app and the actions that they run."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    *(Binding(str(slot), f"slot({slot})", f"Asset {slot}", show=False) for slot in range(1, 10)),
    Binding("tab", "next_asset(1)", "Next asset", priority=True),
    Binding("shift+tab", "next_asset(-1)", "Previous asset", priority=True),
    Binding("left_square_bracket", "next_window(-1)", "Shorter window"),
    Binding("right_square_bracket", "next_window(1)", "Longer window"),
    Binding("plus,equals_sign", "zoom(-1)", "Zoom in"),
    Binding("minus", "zoom(1)", "Zoom out"),
    Binding("0", "zoom_reset", "Zoom by itself"),
    Binding("v", "next_venue", "Next venue"),
    Binding("j,down", "rung(1)", "Zone below"),
    Binding("up", "rung(-1)", "Zone above"),
    Binding("k", "above_or_skill", "Zone above, or skill"),
    Binding("K", "skill", "Skill"),
    Binding("g,home", "rung_edge(False)", "Highest zone"),
    Binding("G,end", "rung_edge(True)", "Lowest zone"),
    Binding("escape,x", "rung_leave", "No zone"),
    Binding("space", "freeze", "Freeze"),
    Binding("question_mark,f1", "help", "Help"),
    Binding("colon", "command_palette", "Commands"),
    Binding("q", "quit", "Quit"),
]
