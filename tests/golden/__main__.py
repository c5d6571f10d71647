"""Start of `python -m tests.golden FOLDER`."""

import sys

from tests.golden.compare import main

sys.exit(main(sys.argv[1:]))
