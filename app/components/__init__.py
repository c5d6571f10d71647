"""Gradio components of our own, and what all controls of one kind have in common."""
