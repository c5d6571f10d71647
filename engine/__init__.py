"""A-TPT's stages on any CLIP: attack, attend, make views, tune, fuse. Knows nothing about pages."""
