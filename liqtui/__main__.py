"""`python -m liqtui`."""

from liqtui.cli.main import main

if __name__ == "__main__":
    main()
