"""Every word a visitor reads that is not computed."""
