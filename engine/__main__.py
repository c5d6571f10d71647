"""`python -m engine`: the engine on the command line."""

import sys

from .cli.main import main

sys.exit(main())
