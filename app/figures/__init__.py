"""Results as pictures, escaped HTML and SVG: pure functions that know neither Gradio nor the engine's models."""
