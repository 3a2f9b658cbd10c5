"""The plain contrastive step of preset `sample` in PyTorch: the twin of `TiMix.Benchmarks plain`. Prints samples/s.

Needs Debian's python3-torch and libopenblas0-openmp. One thread: OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=SkylakeX.
"""
import math
import statistics
import time

import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_num_threads(1)
B, S, P, C, DEPTH, HEADS, L, VOCABULARY, D = 64, 64, 8, 128, 4, 4, 20, 466, 128


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.fc, self.proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, HEADS, C // HEADS).permute(2, 0, 3, 1, 4).reshape(3, b * HEADS, t, C // HEADS)
        a = torch.bmm(torch.bmm(q / math.sqrt(C // HEADS), k.transpose(1, 2)).softmax(-1), v)
        x = x + self.out(a.view(b, HEADS, t, C // HEADS).transpose(1, 2).reshape(b, t, C))
        return x + self.proj(F.gelu(self.fc(self.n2(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        n = (S // P) ** 2
        self.patch = nn.Linear(3 * P * P, C, bias=False)
        self.cls = nn.Parameter(torch.randn(C) * C ** -0.5)
        self.position = nn.Parameter(torch.randn(n + 1, C) * C ** -0.5)
        self.pre, self.post, self.final = nn.LayerNorm(C), nn.LayerNorm(C), nn.LayerNorm(C)
        self.vision = nn.Sequential(*[Block() for _ in range(DEPTH)])
        self.words = nn.Embedding(VOCABULARY, C)
        self.places = nn.Parameter(torch.randn(L, C) * 0.01)
        self.text = nn.Sequential(*[Block() for _ in range(DEPTH)])
        self.image_projection = nn.Parameter(torch.randn(C, D) * C ** -0.5)
        self.text_projection = nn.Parameter(torch.randn(C, D) * C ** -0.5)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, images, tokens):
        n = S // P
        x = images.view(B, 3, n, P, n, P).permute(0, 2, 4, 1, 3, 5).reshape(B, n * n, 3 * P * P)
        x = torch.cat([self.cls.expand(B, 1, C), self.patch(x)], 1) + self.position
        image = F.normalize(self.post(self.vision(self.pre(x))[:, 0]) @ self.image_projection, dim=1)
        text = F.normalize(self.final(self.text(self.words(tokens) + self.places)[:, 0]) @ self.text_projection, dim=1)
        logits = self.logit_scale.exp() * image @ text.t()
        labels = torch.arange(B)
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.1)
pixels = torch.randint(0, 256, (B, 3, S, S), dtype=torch.uint8)
tokens = torch.randint(5, VOCABULARY, (B, L))


def step():
    begin = time.perf_counter()
    images = (pixels.float() / 255 - 0.45) / 0.27
    optimizer.zero_grad()
    model(images, tokens).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return time.perf_counter() - begin


step()
print(f"plain contrastive step in Python, samples/s: {B / statistics.median(step() for _ in range(7)):.1f}")
