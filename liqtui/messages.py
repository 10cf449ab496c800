"""Facts the app and its widgets tell each other, in the past tense."""

from textual.message import Message

from liqtui.link.base import LinkState
from liqtui.model.snapshot import Cluster


class LinkChanged(Message):
    """Something became of the engine."""

    def __init__(self, state: LinkState) -> None:
        super().__init__()
        self.state = state


class ViewReset(Message):
    """The picture is to be as at the start: the newest, all of it."""


class ClusterPicked(Message):
    """The ladder's cursor moved to a cluster, or off all of them."""

    def __init__(self, cluster: Cluster | None) -> None:
        super().__init__()
        self.cluster = cluster
