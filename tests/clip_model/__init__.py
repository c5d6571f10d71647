"""transformers' CLIPModel beside ours: cases, the numbers that it gives for them, and files in its layout."""
