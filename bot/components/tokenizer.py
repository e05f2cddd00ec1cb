"""Tokens of mixed Chinese and Latin text: one per Han character, one per Latin word or number.

Rasa's own tokenizers either refuse Chinese or bring a dictionary; nothing after this one needs
word boundaries, only stable offsets.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

_TOKEN = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d+|[^\W\d_]|[^\s\w]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MixedTokenizer(Tokenizer):
    """Splits a text into Han characters, Latin words, numbers and signs."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Options of the base class, all off."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MixedTokenizer:
        """Creates the component from its configuration."""
        return cls(config)

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """Tokens of `attribute`, with their offsets; a blank text is one token."""
        text = message.get(attribute)
        tokens = [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        return self._apply_token_pattern(tokens or [Token(text, 0, len(text))])
