"""Measurements that start the page as a visitor would; they lie above the engine and the page."""
