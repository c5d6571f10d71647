"""The page: everything Gradio, nothing about CLIP. It sees the engine by its public list only."""

import sys

from app.without_stubs import WithoutStubs

sys.meta_path.insert(0, WithoutStubs())  # before Gradio loads
