"""Benchmarks: accuracy on the Field Guide, and localisation of maps."""
