"""Modules as students and engineers write them, for the tests of from_torch; each says the shapes of its inputs, and names of its lines."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


class Perceptron(nn.Module):
    shapes, names = ((5, 3),), "h y"

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x):
        h = torch.relu(self.fc1(x))
        y = self.fc2(h)
        return y


class Image(nn.Module):
    shapes, names = ((2, 1, 8, 8),), "h p logits"

    def __init__(self):
        super().__init__()
        self.c, self.n, self.p, self.l = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Linear(64, 3)
        self.n.running_mean.normal_()
        self.n.running_var.uniform_(0.5, 2)

    def forward(self, x):
        h = torch.relu(self.n(self.c(x)))
        p = self.p(h)
        logits = self.l(torch.flatten(p, 1))
        return logits


class HandAttention(nn.Module):
    shapes, names = ((2, 5, 8),), "q k v a y"

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.n = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.LayerNorm(8)
        self.act = nn.GELU()

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (part(x).view(b, t, 2, 4).transpose(1, 2) for part in (self.q, self.k, self.v))
        a = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(4), -1)
        y = (a @ v).transpose(1, 2).reshape(b, t, d)
        return self.n(x + self.act(y))


class Heads(nn.Module):
    """The library's attention moves the batch axis and merges it with the heads."""

    shapes, names = ((3, 5, 8),), "a y y2"

    def __init__(self):
        super().__init__()
        self.attn, self.norm, self.drop = nn.MultiheadAttention(8, 2, batch_first=True), nn.LayerNorm(8), nn.Dropout(0.1)

    def forward(self, x):
        a, _ = self.attn(x, x, x)
        y = self.norm(x + self.drop(a))
        y += x
        return y


class Causal(nn.Module):
    shapes, names = ((2, 5, 8),), "q k v att y x2 future"

    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)
        self.register_buffer("mask", torch.tril(torch.ones(5, 5)).view(1, 1, 5, 5))

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.qkv(x).split(8, dim=2)
        q, k, v = (part.view(B, T, 2, 4).transpose(1, 2) for part in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        future = self.mask[:, :, :T, :T] == 0
        att = F.softmax(att.masked_fill(future, float("-inf")), dim=-1)
        y = (att @ v).transpose(1, 2).contiguous().view(B, T, C)
        x = self.proj(y)
        return x


class Fused(nn.Module):
    shapes, names = ((2, 5, 8),), "q k v y"

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        y = F.scaled_dot_product_attention(*(t.unflatten(-1, (2, 4)).transpose(1, 2) for t in (q, k, v)), is_causal=True)
        return y.transpose(1, 2).flatten(2)


class Encoder(nn.Module):
    shapes, names = ((2, 4, 8),), "enc_layers_1_linear2_out"

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.enc(x)


class Words(nn.Module):
    shapes, labels, names = ((3, 6),), (7,), "e m out_out"

    def __init__(self):
        super().__init__()
        self.emb, self.pos, self.out = nn.Embedding(7, 4), nn.Parameter(torch.randn(1, 6, 4)), nn.Linear(4, 7)

    def forward(self, words):
        e = self.emb(words) + self.pos
        m = e.mean(1)
        return self.out(m)


class Residual(nn.Module):
    shapes, names = ((2, 4),), "x2 x3"

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4)) for _ in range(2))

    def forward(self, x):
        for block in self.blocks:
            x = x + block(x)
        return x


class Tied(nn.Module):
    """Weights used twice, and one weight under two names."""

    shapes, names = ((2, 4),), "h"

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
        self.b.weight = self.a.weight

    def forward(self, x):
        h = torch.sigmoid(self.a(x))
        return self.b(h) @ self.a.weight.T


class TwoInputs(nn.Module):
    shapes, names = ((2, 4), (2, 3)), "z"

    def __init__(self):
        super().__init__()
        self.bil, self.l = nn.Parameter(torch.randn(4, 3)), nn.Linear(7, 2)

    def forward(self, u, w):
        z = torch.cat([u, w], dim=-1)
        return self.l(z), (u @ self.bil * w).sum(-1)


class Cell(nn.Module):
    shapes, names = ((2, 3, 3),), "h h2 h3"

    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(3, 4)

    def forward(self, x):
        h = torch.zeros(x.shape[0], 4, dtype=x.dtype)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
        return h


class HandCell(nn.Module):
    shapes, names = ((2, 3, 3),), "h h2 h3 y"

    def __init__(self):
        super().__init__()
        self.U, self.V, self.b = nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(4, 4)), nn.Parameter(torch.randn(4))

    def forward(self, x):
        h = torch.zeros(x.shape[0], 4, dtype=x.dtype)
        for t in range(x.shape[1]):
            h = torch.tanh(x[:, t] @ self.U + h @ self.V + self.b)
        y = h.sum(-1, keepdim=True)
        return y


class Recurrent(nn.Module):
    shapes, names = ((2, 3, 3),), "y"

    def __init__(self):
        super().__init__()
        self.gru, self.lstm = nn.GRU(3, 4, batch_first=True), nn.LSTM(4, 3, batch_first=True)

    def forward(self, x):
        h, _ = self.gru(x)
        y, _ = self.lstm(h)
        return y[:, -1]


class Classified(nn.Module):
    """A loss is the mean over the batch; the graph's is of one example."""

    shapes, labels, names = ((3, 4), (3,)), (None, 5), "z J"

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 5)

    def forward(self, x, t):
        z = self.l(x)
        J = F.cross_entropy(z, t)
        return J


class Written(nn.Module):
    """In place."""

    shapes, names = ((2, 3),), "y y2"

    def forward(self, x):
        y = x * 1
        y += 1
        y.mul_(2).sin_()
        y[:, 0] = 0
        return y


class Norms(nn.Module):
    shapes, names = ((2, 4, 6, 6),), "a b c"

    def __init__(self):
        super().__init__()
        self.g, self.i, self.s = nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.Conv2d(4, 4, 3, groups=2, stride=2, bias=False)
        self.p, self.r = nn.AdaptiveAvgPool2d(1), nn.RMSNorm(4)

    def forward(self, x):
        a = F.silu(self.g(x))
        b = F.leaky_relu(self.i(a), 0.2)
        c = F.avg_pool2d(F.elu(self.s(b)), 2)
        return self.r(self.p(c).flatten(1))


class Several(nn.Module):
    """Reductions, joins, parts, entries, sums over letters."""

    shapes, names = ((2, 5),), "a b c d"

    def forward(self, x):
        a = (x - x.mean(-1, keepdim=True)) / x.std(dim=-1, keepdim=True)
        b = torch.logsumexp(a, 1) + x.amax(1) + x.norm(dim=1) + torch.einsum("bi,bj->b", a, x)
        c = torch.where(x > 0, x, 2 * x).cumsum(1)
        d = F.softplus(c).clamp(0.1, 2.0) ** 1.5 + F.pad(x[:, 1:3], (1, 2)) + torch.stack([x[:, 0]] * 5, 1)
        return b[:, None] * d + x[:, [0, 2, 4, 1, 3]] + (x.unsqueeze(2) * x.unsqueeze(1)).sum(2)


class Signal(nn.Module):
    """Axes of one entry that are no batch."""

    shapes, names = ((2, 12),), "y"

    def __init__(self):
        super().__init__()
        self.c, self.t, self.m = nn.Conv1d(1, 3, 3, padding="same"), nn.ConvTranspose1d(3, 2, 2, stride=2), nn.MaxPool1d(2)

    def forward(self, x):
        y = self.m(self.c(x.unsqueeze(1)))
        return self.t(y).mean(1)


class Activations(nn.Module):
    shapes, names = ((3, 2, 4),), "y"

    def __init__(self):
        super().__init__()
        kinds = "LogSigmoid Hardswish Mish CELU SELU ReLU6 Softsign Tanhshrink Softshrink Hardsigmoid Softplus ELU Hardtanh GLU"
        self.all, self.slopes = nn.ModuleList(getattr(nn, kind)() for kind in kinds.split()), nn.PReLU(2)

    def forward(self, x):
        y = self.slopes(x)
        return torch.cat([activation(y * 1.5) for activation in self.all], -1)


# --- what is refused --------------------------------------------------------------------------------------------------------------------


class Branching(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x
        return -x


class Unknown(nn.Module):
    def forward(self, x):
        y = torch.special.i0(x)
        return torch.digamma(y) + torch.special.i0(y)


class Coupled(nn.Module):
    def forward(self, x):
        return x - x.mean(0)


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.randn_like(x)


class Dropping(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


class Rounding(nn.Module):
    def forward(self, x):
        return x.long()


class Summed(nn.Module):
    def forward(self, x):
        return x.sum()


class Turning(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, dtype=torch.complex64))

    def forward(self, x):
        return (x * self.w).real


X = torch.randn(4, 3)
LINEAR = nn.Linear(3, 2).eval()
REFUSED = {
    "control flow": (Branching(), (X,), r"modules_of_pytorch.py, line \d+: what is computed next depends on the numbers.*torch.where"),
    "unknown operations": (
        Unknown(),
        (X,),
        r"line \d+: 'i0' is no operation that is read: y = .*\(and 1 more\)\n.*'digamma' is no operation",
    ),
    "examples that depend on one another": (
        Coupled(),
        (X,),
        "depends on the others of its batch: alone it differs by .*batch axis in front",
    ),
    "a sum over the batch": (Summed(), (X,), "a loss is the mean over it"),
    "attention over the first axis": (nn.MultiheadAttention(4, 2).eval(), (torch.randn(3, 2, 4),) * 3, "depends on the others"),
    "random numbers": (Noisy(), (X,), "'randn_like' draws random numbers"),
    "dropout": (nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), (X,), r"1 \(Dropout\) is in training mode.*module.eval\(\)"),
    "batch norm": (nn.BatchNorm1d(3).train(), (X,), r"\(BatchNorm1d\) is in training mode.*module.eval\(\)"),
    "dropout by a function": (Dropping(), (X,), r"dropout in training mode; call module.eval\(\) first"),
    "rounding": (Rounding(), (X,), "rounds to whole numbers"),
    "complex weights": (Turning(), (X,), "w has complex numbers"),
    "complex examples": (LINEAR, (X + 1j,), "example input 1 has complex numbers"),
    "no batch axis": (LINEAR, (X[0],), "exported for one example of what is given, whose batch axis comes first"),
    "a number": (LINEAR, (torch.tensor(1.0),), r"has shape \(\); examples have their batch axis in front"),
    "no examples": (LINEAR, (), "there are no examples"),
    "an empty batch": (LINEAR, (X[:0],), r"shape \(0, 3\)"),
    "batches of two lengths": (TwoInputs().eval(), (torch.randn(2, 4), torch.randn(3, 3)), "all have as many examples"),
    "text": (LINEAR, ("x",), "no array of numbers: 'x'"),
    "no module": (torch.relu, (X,), "expected a torch.nn.Module"),
    "an operation inside the library": (
        nn.Upsample(scale_factor=2).eval(),
        (torch.randn(2, 2, 3, 3),),
        "Upsample: 'upsample_nearest2d' is no",
    ),
}

MODULES = [kind for kind in list(globals().values()) if isinstance(kind, type) and issubclass(kind, nn.Module) and hasattr(kind, "shapes")]
