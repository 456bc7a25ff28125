"""Networks as others write them, in plain torch: what the instruments are tried on."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

CLASSES = 4


class ResidualBlock(nn.Module):
    """Two convolutions and a skip, as in He et al. (2016), with activations in place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)  # called twice

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.norm1(self.conv1(x)))
        out = self.norm2(self.conv2(out))
        out += x
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Tanh())
        self.block = ResidualBlock(3)
        self.head = nn.Linear(3, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.block(self.stem(x)).mean((2, 3)))


def cnn() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Conv2d(4, 5, 3),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(20, CLASSES),
    )


class Transformer(nn.Module):
    """A block of attention over tokens, before a classifier of their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.up, self.gelu, self.down = nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        x = x + self.down(self.gelu(self.up(self.norm2(x))))
        return self.head(x.mean(1))


class TwoInputs(nn.Module):
    """Two inputs, one layer used twice, and one activation for all."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 6), nn.Linear(2, 6)
        self.middle, self.head = nn.Linear(6, 6), nn.Linear(6, CLASSES)
        self.f = nn.Tanh()

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        x = self.f(self.left(left) + self.right(right))
        x = self.f(self.middle(x))
        return self.head(self.f(self.middle(x)))


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(3, 6), nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(x)))


def mlp(depth: int, kind: type[nn.Module], width: int = 12, n_in: int = 6) -> nn.Sequential:
    sizes = [n_in] + [width] * depth
    blocks = [nn.Sequential(nn.Linear(a, b), kind()) for a, b in pairwise(sizes)]
    return nn.Sequential(*blocks, nn.Linear(width, CLASSES))
