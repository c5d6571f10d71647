"""Packages that are there on somebody else's machine only, as far as tests need them."""
