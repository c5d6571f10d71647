"""Checkpoints in the layout of transformers' CLIPModel, read without that package: most CLIPs of the hub."""
