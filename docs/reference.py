"""Writes what transformers computes with a model, for kindred check-model DIR --reference OUT.json.

    pip install torch transformers safetensors
    python reference.py DIR OUT.json

OUT.json has 8 sequences of 10 random tokens; OUT.safetensors what each block's feed-forward network adds to the residual
stream, and the logits, at the last position of each.
"""

import json
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, __version__

NORMED = {"gemma2", "gemma3_text", "olmo2"}  # the network's output goes through a norm before it is added
BLOCKS = {
    "gpt2": "transformer.h", "gpt_neo": "transformer.h", "gptj": "transformer.h", "gpt_neox": "gpt_neox.layers",
    "opt": "model.decoder.layers",
}


def network(model_type):
    if model_type == "opt":
        return "fc2"
    return "post_feedforward_layernorm" if model_type in NORMED else "mlp"


def main(directory, out):
    torch.manual_seed(1)
    # The other kinds of attention leave out what some families bound scores by.
    model = AutoModelForCausalLM.from_pretrained(directory, torch_dtype=torch.float32, attn_implementation="eager").eval()
    kind = model.config.model_type
    blocks = model.get_submodule(BLOCKS.get(kind, "model.layers"))
    tokens = torch.randint(0, model.config.vocab_size, (8, 10))
    found = {}

    def keep(block):
        def hook(module, inputs, output):
            # OPT's block runs its network over rows of all positions.
            found[f"last.ffn.{block}"] = output.view(8, 10, -1)[:, -1].contiguous()
        return hook

    for i, block in enumerate(blocks):
        block.get_submodule(network(kind)).register_forward_hook(keep(i))
    with torch.no_grad():
        found["last.logits"] = model(tokens).logits[:, -1].float().contiguous()
    save_file(found, out.removesuffix(".json") + ".safetensors")
    with open(out, "w") as file:
        json.dump({"made_by": f"transformers {__version__}, torch {torch.__version__}", "sequences": tokens.tolist()}, file)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[2].endswith(".json"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
