"""Text → token ids of the bundled model: sentencepiece unigram through `tokenizers`.

The character map is applied in Python (`str.translate`), the rest is in `tokenizer.json`. Thread-
safe. Consecutive unknown characters become one unknown token, as in the model's own tokenizer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from knowledge.embed.blob import Pieces

Ids = npt.NDArray[np.int64]
_TOKENIZER, _CHARACTERS = "tokenizer.json", "characters.json"


def build_tokenizer(pieces: Pieces, folder: Path) -> None:
    """Write the tokenizer's two files into `folder`."""
    tokenizer = Tokenizer(models.Unigram(pieces.pieces, unk_id=pieces.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", pieces.bos), ("</s>", pieces.eos)]
    )
    tokenizer.save(str(folder / _TOKENIZER), pretty=False)
    mapped = {str(point): text for point, text in pieces.character_map.items()}
    (folder / _CHARACTERS).write_text(json.dumps(mapped), encoding="utf-8")


class Tokens:
    """The tokenizer, opened from a model folder."""

    def __init__(self, folder: Path, *, pad: int, max_tokens: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.enable_truncation(max_tokens)
        loaded: dict[str, str] = json.loads((folder / _CHARACTERS).read_text(encoding="utf-8"))
        self._characters = {int(point): text for point, text in loaded.items()}
        self._pad = pad

    def ids(self, text: str) -> list[int]:
        """Token ids of one text, with start and end marks."""
        clean = text.translate(self._characters)
        ids: list[int] = self._tokenizer.encode(clean).ids
        return ids

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
