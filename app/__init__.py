"""The page: everything Gradio, nothing about CLIP. It sees the engine by its public list only."""
