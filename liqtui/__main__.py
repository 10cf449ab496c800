"""`python -m liqtui`."""

from liqtui.cli import main

if __name__ == "__main__":
    main()
