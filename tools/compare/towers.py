"""CLIP's and BERT's towers as published, in PyTorch and by the names their weights have: the other side of import and export.

  towers.py DIR              writes tiny towers with random weights, inputs and outputs: what tests/TiMix.Learning.Tests reads
  towers.py check DIR FILE   opens what "timix export --out DIR --check FILE" wrote: builds the model that the config describes,
                             wants exactly its tensors, and compares features; exit code 1 if they differ by more than 1e-4

Layouts: openai/CLIP clip/model.py; open_clip's CustomTextCLIP with HFTextEncoder; transformers CLIPModel, BertModel,
MegatronBertModel and VisionTextDualEncoderModel. Needs Debian's python3-torch and nothing else.
"""
import json
import os
import struct
import sys
from collections import OrderedDict

import torch
from torch import nn
import torch.nn.functional as F

TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def save(path, tensors):
    """The safetensors format: eight bytes of length, a JSON header, the data."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        raw = (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def load(path):
    types = {name: kind for kind, name in TYPES.items()}
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    return {name: torch.frombuffer(bytearray(data[slice(*entry["data_offsets"])]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


def activation(name):
    return {"gelu": F.gelu, "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x)}[name]


def attend(q, k, v, heads, mask):
    b, t, c = q.shape
    q, k, v = (x.view(b, t, heads, c // heads).transpose(1, 2) for x in (q, k, v))
    scores = q @ k.transpose(-1, -2) / (c // heads) ** 0.5
    if mask is not None:
        scores = scores + mask
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, c)


def causal(t):
    return torch.full((t, t), float("-inf"), dtype=torch.float64).triu(1)


class OpenAiBlock(nn.Module):
    def __init__(self, width, heads, act):
        super().__init__()
        self.attn, self.ln_1, self.ln_2, self.act = nn.MultiheadAttention(width, heads, batch_first=True), nn.LayerNorm(width), nn.LayerNorm(width), act
        self.mlp = nn.Sequential(OrderedDict(c_fc=nn.Linear(width, 4 * width), gelu=nn.Identity(), c_proj=nn.Linear(4 * width, width)))

    def forward(self, x, mask):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp.c_proj(self.act(self.mlp.c_fc(self.ln_2(x))))


class OpenAiTransformer(nn.Module):
    def __init__(self, width, layers, heads, act):
        super().__init__()
        self.resblocks = nn.ModuleList(OpenAiBlock(width, heads, act) for _ in range(layers))

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class OpenAiVision(nn.Module):
    def __init__(self, s):
        super().__init__()
        width = s["width"]
        self.conv1 = nn.Conv2d(3, width, s["patch"], s["patch"], bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((s["image"] // s["patch"]) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = OpenAiTransformer(width, s["layers"], s["heads"], activation(s["act"]))
        self.proj = nn.Parameter(torch.empty(width, s["embed"]))

    def forward(self, pixels):
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj


class OpenAiClip(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.visual = OpenAiVision(s)
        self.transformer = OpenAiTransformer(s["text_width"], s["text_layers"], s["text_heads"], activation(s["text_act"]))
        self.token_embedding = nn.Embedding(s["vocabulary"], s["text_width"])
        self.positional_embedding = nn.Parameter(torch.empty(s["context"], s["text_width"]))
        self.ln_final = nn.LayerNorm(s["text_width"])
        self.text_projection = nn.Parameter(torch.empty(s["text_width"], s["embed"]))
        self.logit_scale = nn.Parameter(torch.empty(()))

    def image(self, pixels):
        return self.visual(pixels)

    def text(self, tokens):
        x = self.token_embedding(tokens) + self.positional_embedding[:tokens.shape[1]]
        x = self.ln_final(self.transformer(x, causal(tokens.shape[1])))
        return x[torch.arange(len(x)), tokens.argmax(-1)] @ self.text_projection

    def positions(self):
        return self.visual.positional_embedding


class HfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))
        self.heads = heads

    def forward(self, x, mask):
        return self.out_proj(attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads, mask))


class Named(nn.Module):
    """A module that only holds others by name."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


class HfLayer(nn.Module):
    def __init__(self, width, heads, act):
        super().__init__()
        self.self_attn, self.act = HfAttention(width, heads), act
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = Named(fc1=nn.Linear(width, 4 * width), fc2=nn.Linear(4 * width, width))

    def forward(self, x, mask):
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp.fc2(self.act(self.mlp.fc1(self.layer_norm2(x))))


def hf_layers(layers, width, heads, act):
    return Named(layers=nn.ModuleList(HfLayer(width, heads, activation(act)) for _ in range(layers)))


class HfClip(nn.Module):
    def __init__(self, s):
        super().__init__()
        width, text = s["width"], s["text_width"]
        self.vision_model = Named(
            embeddings=Named(class_embedding=nn.Parameter(torch.empty(width)), patch_embedding=nn.Conv2d(3, width, s["patch"], s["patch"], bias=False),
                             position_embedding=nn.Embedding((s["image"] // s["patch"]) ** 2 + 1, width)),
            pre_layrnorm=nn.LayerNorm(width), encoder=hf_layers(s["layers"], width, s["heads"], s["act"]), post_layernorm=nn.LayerNorm(width))
        self.text_model = Named(
            embeddings=Named(token_embedding=nn.Embedding(s["vocabulary"], text), position_embedding=nn.Embedding(s["context"], text)),
            encoder=hf_layers(s["text_layers"], text, s["text_heads"], s["text_act"]), final_layer_norm=nn.LayerNorm(text))
        self.visual_projection, self.text_projection = nn.Linear(width, s["embed"], bias=False), nn.Linear(text, s["embed"], bias=False)
        self.logit_scale = nn.Parameter(torch.empty(()))

    def image(self, pixels):
        model = self.vision_model
        x = model.embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([model.embeddings.class_embedding.expand(len(x), 1, -1), x], 1) + model.embeddings.position_embedding.weight
        x = model.pre_layrnorm(x)
        for layer in model.encoder.layers:
            x = layer(x, None)
        return self.visual_projection(model.post_layernorm(x[:, 0]))

    def text(self, tokens):
        model = self.text_model
        x = model.embeddings.token_embedding(tokens) + model.embeddings.position_embedding.weight[:tokens.shape[1]]
        for layer in model.encoder.layers:
            x = layer(x, causal(tokens.shape[1]))
        return self.text_projection(model.final_layer_norm(x)[torch.arange(len(x)), tokens.argmax(-1)])

    def positions(self):
        return self.vision_model.embeddings.position_embedding.weight


class BertLayer(nn.Module):
    def __init__(self, width, heads, act=F.gelu):
        super().__init__()
        self.act = act
        norm = lambda: nn.LayerNorm(width, eps=1e-12)
        self.attention = Named(output=Named(dense=nn.Linear(width, width), LayerNorm=norm()))
        self.attention.self = Named(query=nn.Linear(width, width), key=nn.Linear(width, width), value=nn.Linear(width, width))
        self.intermediate = Named(dense=nn.Linear(width, 4 * width))
        self.output = Named(dense=nn.Linear(4 * width, width), LayerNorm=norm())
        self.heads = heads

    def forward(self, x, mask):
        part = self.attention.self
        mixed = attend(part.query(x), part.key(x), part.value(x), self.heads, mask)
        x = self.attention.output.LayerNorm(x + self.attention.output.dense(mixed))
        return self.output.LayerNorm(x + self.output.dense(self.act(self.intermediate.dense(x))))


class Bert(nn.Module):
    def __init__(self, s, act=F.gelu, pooler=True):
        super().__init__()
        width = s["text_width"]
        self.embeddings = Named(word_embeddings=nn.Embedding(s["vocabulary"], width), position_embeddings=nn.Embedding(s["context"], width),
                                token_type_embeddings=nn.Embedding(2, width), LayerNorm=nn.LayerNorm(width, eps=1e-12))
        self.encoder = Named(layer=nn.ModuleList(BertLayer(width, s["text_heads"], act) for _ in range(s["text_layers"])))
        if pooler:
            self.pooler = Named(dense=nn.Linear(width, width))

    def hidden(self, tokens):
        parts = self.embeddings
        x = parts.LayerNorm(parts.word_embeddings(tokens) + parts.position_embeddings.weight[:tokens.shape[1]] + parts.token_type_embeddings.weight[0])
        for layer in self.encoder.layer:
            x = layer(x, padding(tokens, x))
        return x


def padding(tokens, x):
    return torch.zeros(tokens.shape, dtype=x.dtype).masked_fill(tokens == 0, float("-inf"))[:, None, None]


class MegatronLayer(nn.Module):
    """BERT's layer with the norms before instead of after."""

    def __init__(self, width, heads, act):
        super().__init__()
        self.attention = Named(ln=nn.LayerNorm(width), output=Named(dense=nn.Linear(width, width)))
        self.attention.self = Named(query=nn.Linear(width, width), key=nn.Linear(width, width), value=nn.Linear(width, width))
        self.ln, self.intermediate, self.output = nn.LayerNorm(width), Named(dense=nn.Linear(width, 4 * width)), Named(dense=nn.Linear(4 * width, width))
        self.heads, self.act = heads, act

    def forward(self, x, mask):
        part, y = self.attention.self, self.attention.ln(x)
        x = x + self.attention.output.dense(attend(part.query(y), part.key(y), part.value(y), self.heads, mask))
        return x + self.output.dense(self.act(self.intermediate.dense(self.ln(x))))


class Megatron(nn.Module):
    def __init__(self, s, act):
        super().__init__()
        width = s["text_width"]
        self.embeddings = Named(word_embeddings=nn.Embedding(s["vocabulary"], width), position_embeddings=nn.Embedding(s["context"], width),
                                token_type_embeddings=nn.Embedding(2, width))
        self.encoder = Named(layer=nn.ModuleList(MegatronLayer(width, s["text_heads"], act) for _ in range(s["text_layers"])), ln=nn.LayerNorm(width))
        self.pooler = Named(dense=nn.Linear(width, width))

    def hidden(self, tokens):
        parts = self.embeddings
        x = parts.word_embeddings(tokens) + parts.token_type_embeddings.weight[0] + parts.position_embeddings.weight[:tokens.shape[1]]
        for layer in self.encoder.layer:
            x = layer(x, padding(tokens, x))
        return self.encoder.ln(x)


class DualTower(nn.Module):
    """transformers' VisionTextDualEncoderModel over CLIP's image tower and a BERT, whose pooler it projects."""

    def __init__(self, s, text):
        super().__init__()
        clip = HfClip({**s, "text_layers": 0})
        self.vision_model, self.text_model = Named(vision_model=clip.vision_model), text
        self.visual_projection, self.text_projection = clip.visual_projection, nn.Linear(s["text_width"], s["embed"], bias=False)
        self.logit_scale = nn.Parameter(torch.empty(()))

    def image(self, pixels):
        return HfClip.image(Named(vision_model=self.vision_model.vision_model, visual_projection=self.visual_projection), pixels)

    def text(self, tokens):
        return self.text_projection(torch.tanh(self.text_model.pooler.dense(self.text_model.hidden(tokens)[:, 0])))


class OpenClipBert(nn.Module):
    """open_clip's CustomTextCLIP with a BERT of transformers, read at the class token of the last layer."""

    def __init__(self, s, act):
        super().__init__()
        self.visual = OpenAiVision(s)
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.add_module("text", Named(transformer=Bert(s, act, pooler=False), proj=nn.Linear(s["text_width"], s["embed"], bias=False)))

    def image(self, pixels):
        return self.visual(pixels)

    def words(self, tokens):
        return self.text.proj(self.text.transformer.hidden(tokens)[:, 0])


SIZES = dict(image=16, patch=4, width=16, layers=2, heads=2, act="quick_gelu", embed=8,
             text_width=12, text_layers=3, text_heads=3, text_act="quick_gelu", vocabulary=20, context=8)
TOKENS = torch.tensor([[18, 5, 7, 9, 19, 0, 0, 0], [18, 3, 3, 11, 12, 4, 6, 19], [18, 19, 0, 0, 0, 0, 0, 0]])
WORDS = torch.tensor([[2, 5, 7, 9, 3, 0, 0, 0], [2, 13, 13, 11, 12, 4, 6, 3], [2, 3, 0, 0, 0, 0, 0, 0]])


def randomised(model, dtype):
    """Weights as a file of that type holds them, in double precision to compute with; every LayerNorm off 1 and every bias off 0."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(torch.randn(value.shape) * 0.3 + (1 if "norm" in name.lower() or "ln_" in name else 0) * name.endswith("weight"))
    stored = {name: value.to(dtype) for name, value in model.state_dict().items()}
    model.load_state_dict({name: value.double() for name, value in stored.items()})
    return model.double().eval(), stored


def resized(positions, grid, new):
    rows = positions[1:].T.reshape(1, -1, grid, grid)
    return torch.cat([positions[:1], F.interpolate(rows, (new, new), mode="bicubic", align_corners=False)[0].flatten(1).T])


def clip_fixture(folder, model, stored, extra):
    os.makedirs(folder, exist_ok=True)
    save(f"{folder}/model.safetensors", {**stored, **extra})
    grid = SIZES["image"] // SIZES["patch"]
    pixels, large, small = (torch.randn(2, 3, size, size).double() for size in (16, 24, 12))
    expected = dict(tokens=TOKENS, pixels=pixels, image=F.normalize(model.image(pixels)), text=F.normalize(model.text(TOKENS)))
    original = model.positions().data
    for pixels, new in ((large, 6), (small, 3)):
        positions = resized(original, grid, new)
        model.positions().data = positions
        expected |= {f"pixels.{new}": pixels, f"positions.{new}": positions, f"image.{new}": F.normalize(model.image(pixels))}
    model.positions().data = original
    save(f"{folder}/expected.safetensors", {name: value.float() for name, value in expected.items()})


def fixtures(folder):
    torch.manual_seed(20)
    scalars = {name: torch.tensor(value) for name, value in (("input_resolution", 16), ("context_length", 8), ("vocab_size", 20))}
    clip_fixture(f"{folder}/openai-clip", *randomised(OpenAiClip(SIZES), torch.float16), scalars)
    clip_fixture(f"{folder}/transformers-clip", *randomised(HfClip(SIZES), torch.bfloat16), {"vision_model.embeddings.position_ids": torch.arange(17)[None]})
    with open(f"{folder}/transformers-clip/config.json", "w") as file:
        json.dump(dict(model_type="clip", vision_config=dict(hidden_act="quick_gelu", num_attention_heads=2), text_config=dict(hidden_act="quick_gelu", num_attention_heads=3)), file, indent=2)
    bert, stored = randomised(Bert(SIZES), torch.float32)
    os.makedirs(f"{folder}/bert", exist_ok=True)
    save(f"{folder}/bert/model.safetensors", {"bert." + name: value for name, value in stored.items()})
    save(f"{folder}/bert/expected.safetensors", dict(tokens=WORDS.float(), hidden=bert.hidden(WORDS).float()))


def bert_sizes(text):
    return dict(text_width=text["hidden_size"], text_layers=text["num_hidden_layers"], text_heads=text["num_attention_heads"],
                vocabulary=text["vocab_size"], context=text["max_position_embeddings"])


BERT_BASE = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, vocab_size=30522, max_position_embeddings=512, hidden_act="gelu", layer_norm_eps=1e-12)


def opened(folder):
    """The model that a directory's config describes, its file of weights, and its two functions."""
    if os.path.exists(f"{folder}/open_clip_config.json"):
        with open(f"{folder}/open_clip_config.json") as file:
            config = json.load(file)["model_cfg"]
        vision, text = config["vision_cfg"], config["text_cfg"]
        act = "quick_gelu" if config.get("quick_gelu") else "gelu"
        sizes = dict(image=vision["image_size"], patch=vision["patch_size"], width=vision["width"], layers=vision["layers"],
                     heads=vision["width"] // vision["head_width"], act=act, embed=config["embed_dim"])
        if "hf_model_name" not in text:
            model = OpenAiClip({**sizes, "text_width": text["width"], "text_layers": text["layers"], "text_heads": text["heads"], "text_act": act,
                                "vocabulary": text["vocab_size"], "context": text["context_length"]})
            return model, "open_clip_model.safetensors", model.image, model.text
        assert (text["hf_model_name"], text["hf_pooler_type"], text["hf_proj_type"]) == ("bert-base-uncased", "cls_last_hidden_state_pooler", "linear")
        bert = {**BERT_BASE, **text.get("hf_model_config", {})}
        assert bert["layer_norm_eps"] == 1e-12
        model = OpenClipBert({**sizes, **bert_sizes(bert)}, activation(bert["hidden_act"]))
        return model, "open_clip_model.safetensors", model.image, model.words
    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    vision, text = config["vision_config"], config["text_config"]
    assert vision["layer_norm_eps"] == 1e-5
    sizes = dict(image=vision["image_size"], patch=vision["patch_size"], width=vision["hidden_size"], layers=vision["num_hidden_layers"],
                 heads=vision["num_attention_heads"], act=vision["hidden_act"], embed=config["projection_dim"], **bert_sizes(text), text_act=text["hidden_act"])
    if config["model_type"] == "clip":
        assert text["eos_token_id"] == text["vocab_size"] - 1 and text["layer_norm_eps"] == 1e-5
        model = HfClip(sizes)
    else:
        assert config["model_type"] == "vision-text-dual-encoder" and vision["model_type"] == "clip_vision_model"
        kind, epsilon = {"bert": (Bert, 1e-12), "megatron-bert": (Megatron, 1e-5)}[text["model_type"]]
        assert text["layer_norm_eps"] == epsilon
        model = DualTower(sizes, kind(sizes, activation(text["hidden_act"])))
    return model, "model.safetensors", model.image, model.text


def check(folder, path):
    model, file, image, text = opened(folder)
    model.load_state_dict(load(f"{folder}/{file}"), strict=True)
    model.double()
    expected = load(path)
    for name, actual in (("image", image(expected["pixels"].double())), ("text", text(expected["tokens"].long()))):
        apart = (F.normalize(actual) - expected[name]).abs().max().item()
        print(f"{name}: {type(model).__name__} differs by {apart:.1e}")
        if not apart < 1e-4:
            sys.exit(1)


if __name__ == "__main__":
    with torch.no_grad():
        if len(sys.argv) == 2:
            fixtures(sys.argv[1])
        elif len(sys.argv) == 4 and sys.argv[1] == "check":
            check(sys.argv[2], sys.argv[3])
        else:
            sys.exit(__doc__)
