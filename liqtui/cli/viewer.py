"""Runs the screen: starts or finds the engine, then the app on a link to it."""

from liqtui.cli.huge_pages import gather_later
from liqtui.cli.spec import EngineSpec
from liqtui.cli.starter import EngineStarter
from liqtui.config import Config, ConfigError
from liqtui.model.selection import Selection


def view(spec: EngineSpec, config: Config) -> int:
    """Show one engine until the user quits and return the exit code."""
    from liqtui.terminal import detect_colour, prepare

    choice = config.screen.color
    colour = detect_colour() if choice == "auto" else choice
    prepare(colour)
    starter = EngineStarter(spec)
    starter.ahead()

    from liqtui.app import LiqtuiApp
    from liqtui.link.socket import SocketLink
    from liqtui.painting.pace import Pace
    from liqtui.theming import ThemeError

    def more() -> SocketLink:
        return SocketLink(spec.socket_path, EngineStarter(spec), log_path=spec.log_path)

    link = SocketLink(spec.socket_path, starter, log_path=spec.log_path)
    selection = Selection(asset=spec.assets[0], window=config.screen.window)
    try:
        pace = Pace(config.screen.fps, config.screen.low_bandwidth)
        app = LiqtuiApp(link, selection, config.screen.theme, colour, pace, more, config.export.path)
    except ThemeError as error:
        raise ConfigError(str(error)) from error
    gather_later()
    app.run(mouse=config.screen.mouse)
    return app.return_code or 0
