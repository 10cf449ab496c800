"""The viewer of a playing engine: `python -m bench.scene_viewer SOCKET`."""

import subprocess
import sys
from pathlib import Path

from liqtui.terminal import detect_colour, prepare


def main() -> None:
    """Run the app until it is left."""
    prepare(detect_colour())
    from liqtui.app import LiqtuiApp
    from liqtui.link.socket import SocketLink
    from liqtui.model.selection import Selection
    from liqtui.painting.pace import Pace

    def none() -> "subprocess.Popen[bytes]":
        raise FileNotFoundError("the bench starts the engine")

    LiqtuiApp(SocketLink(Path(sys.argv[1]), none), Selection("BTC"), pace=Pace(30.0)).run()


if __name__ == "__main__":
    main()
