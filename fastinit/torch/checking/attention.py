"""Softmaxes: how even the shares are that they give."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from fastinit.checking.activations import SATURATED_SLOPE

#: Rows with fewer entries say little: the first token of a causal attention sees itself alone.
MIN_KEYS = 4

#: Scores below this are masked: masks add -inf, the smallest number of a type, -1e9 or -1e4.
MASKED = -9e3

#: Rows, heads of samples and queries that are looked at.
N_ROWS, N_HEADS, N_QUERIES = 4096, 16, 64

#: The largest share p of a row counts as all of it, if softmax's slope p(1 - p) is below this part of its largest, 1/4.
FLAT_SHARE = (1 + math.sqrt(1 - SATURATED_SLOPE)) / 2


class Evenness(NamedTuple):
    """Of the rows of one call."""

    n_keys: int
    entropy: float  #: mean over rows, of ln(keys that the row sees); 1 if all keys have the same share
    saturated: float  #: share of rows of which one key has all


def of_scores(scores: torch.Tensor, lowest: float = MASKED, min_keys: int = MIN_KEYS) -> Evenness | None:
    """Of scores (..., n_keys) before softmax over the last axis; None if no row has enough entries above `lowest`."""
    rows = scores.detach().reshape(-1, scores.shape[-1])
    if rows.numel() == 0:
        return None
    rows = rows[:: -(-rows.shape[0] // N_ROWS)].float()
    visible = rows > lowest
    n_visible = visible.sum(dim=-1)
    enough = n_visible >= min_keys
    if not bool(enough.any()):
        return None
    shares = rows.masked_fill(~visible, -math.inf)[enough].softmax(dim=-1)
    entropy = torch.special.entr(shares).sum(dim=-1) / n_visible[enough].log()
    return Evenness(scores.shape[-1], float(entropy.mean()), float((shares.amax(dim=-1) > FLAT_SHARE).float().mean()))


def of_queries(query: torch.Tensor, key: torch.Tensor, mask, is_causal: bool, scale: float | None) -> Evenness | None:
    """Of a fused attention: query (batch, heads, queries, size), key (batch, key heads, keys, size)."""
    if query.ndim != 4 or query.is_nested or query.numel() == 0:
        return None
    query, key = query.detach().float(), key.detach().float()
    n_batch, n_heads, n_queries, size = query.shape
    scale = 1 / math.sqrt(size) if scale is None else scale
    pairs = torch.arange(n_batch * n_heads)[:: -(-n_batch * n_heads // N_HEADS)].to(query.device)
    places = torch.arange(n_queries)[:: -(-n_queries // N_QUERIES)].to(query.device)
    samples, heads = pairs // n_heads, pairs % n_heads
    # Of grouped queries, several heads share a key's.
    keys = key[samples, heads * key.shape[1] // n_heads]
    scores = query[samples, heads][:, places] @ keys.transpose(-1, -2) * scale
    if is_causal:
        scores = scores.masked_fill(torch.arange(key.shape[2], device=query.device) > places[:, None], -math.inf)
    if mask is not None:
        mask = mask.detach().expand(n_batch, n_heads, n_queries, key.shape[2])[samples, heads][:, places]
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return of_scores(scores)
