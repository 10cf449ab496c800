"""The keys of the app and the actions that they run."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("j", "rung(1)", "Zone below"),
    Binding("k", "above_or_skill", "Zone above, or skill"),
    Binding("K", "skill", "Skill"),
    Binding("home", "rung_edge(False)", "Highest zone"),
    Binding("end", "rung_edge(True)", "Lowest zone"),
    Binding("g", "side_by_side", "Assets side by side"),
    Binding("s", "export", "Save a picture"),
    Binding("T", "text", "In sentences"),
    Binding("space", "freeze", "Freeze"),
    Binding("B", "low_bandwidth", "Low bandwidth"),
    Binding("question_mark,f1", "help", "Help"),
    Binding("colon", "command_palette", "Commands"),
    Binding("q", "quit", "Quit"),
]
