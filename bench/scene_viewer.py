"""The viewer of a playing engine: `python -m bench.scene_viewer SOCKET`."""

import subprocess
import sys
from pathlib import Path

from liqtui.terminal import detect_colour, prepare


def no_engine() -> "subprocess.Popen[bytes]":
    """Start no engine: the bench has."""
    raise FileNotFoundError("the bench starts the engine")


def main() -> None:
    """Run the app until it is left."""
    prepare(detect_colour())
    from liqtui.app import LiqtuiApp
    from liqtui.link.socket import SocketLink
    from liqtui.model.selection import Selection
    from liqtui.painting.pace import Pace

    LiqtuiApp(SocketLink(Path(sys.argv[1]), no_engine), Selection("BTC"), pace=Pace(30.0)).run()


if __name__ == "__main__":
    main()
