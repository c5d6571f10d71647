"""Writes numbers.json: what transformers itself makes of the cases. `python -m tests.clip_model.numbers`, beside
`pip install transformers` (written with 5.24.0), which nothing else here needs.
"""

import json
from pathlib import Path

import open_clip
import torch

from tests.clip_model.cases import CONFIGS, PROCESSORS, TEXTS, config, photograph, pictures, weights

STORED = Path(__file__).with_name("numbers.json")
END = 49407  # with which transformers' tokenizer fills a text up


def main() -> None:
    """Write the file."""
    import transformers

    found: dict = {"transformers": transformers.__version__, "logits": {}, "pixels": {}}
    ids = open_clip.get_tokenizer("ViT-B-32")(TEXTS)
    ids[ids == 0] = END
    for name in CONFIGS:
        model = transformers.CLIPModel(transformers.CLIPConfig(**config(name))).eval()
        model.load_state_dict(weights())
        with torch.no_grad():
            found["logits"][name] = model(input_ids=ids, pixel_values=pictures()).logits_per_image.tolist()
    for name, said in PROCESSORS.items():
        made = transformers.CLIPImageProcessorPil(**said)(photograph(), return_tensors="pt")["pixel_values"][0]
        found["pixels"][name] = [round(value, 6) for value in made[:, ::5, ::5].flatten().tolist()]
    STORED.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
