"""The viewer of a playing engine that draws whatever comes: `python -m bench.soaked_viewer SOCKET LOG`.

After every hundredth picture it writes how many there were and its resident memory in bytes to LOG.
"""

import resource
import sys
from pathlib import Path

from bench.scene_viewer import no_engine
from liqtui.terminal import detect_colour, prepare

EVERY = 100
PAGE_BYTES = resource.getpagesize()


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def main() -> None:
    """Run the app until it is left."""
    prepare(detect_colour())
    from liqtui.app import LiqtuiApp
    from liqtui.link.socket import SocketLink
    from liqtui.model.selection import Selection
    from liqtui.painting.pace import Pace

    with open(sys.argv[2], "a", encoding="ascii") as log:

        class Soaked(LiqtuiApp):
            """The app, which counts its pictures."""

            CSS_PATH = str(Path(__file__).parents[1] / "liqtui" / "app.tcss")
            pictures = 0

            def draw(self) -> None:
                super().draw()
                self.pictures += 1
                if self.pictures % EVERY == 0:
                    print(self.pictures, resident_bytes(), file=log, flush=True)

        Soaked(SocketLink(Path(sys.argv[1]), no_engine), Selection("BTC"), pace=Pace(None)).run()


if __name__ == "__main__":
    main()
