"""The engine compared with golden numbers of the official implementation: python -m tests.golden FOLDER."""
