"""One command of the command line per file; each has `register(subparsers)`."""
