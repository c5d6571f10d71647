"""Serve the explorer: `python app.py`, or the same file on a hosted Space."""

import sys

from app.server import main

if __name__ == "__main__":
    sys.exit(main())
