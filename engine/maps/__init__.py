"""Where the evidence for a class lies in a picture: every map, the attention heads, words, occlusion curves."""
