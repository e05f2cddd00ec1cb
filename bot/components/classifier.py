"""Intent of a message: multinomial logistic regression on its dense sentence vector.

Rasa's own LogisticRegressionClassifier ignores `C`, and at the default the short distances between
e5 vectors are hardly used; it also stores a pickle-like archive. This one centres the vectors,
takes `C`, and stores plain arrays. Examples that begin with `/` document payloads of buttons: they
are never learnt, so a resident's words cannot become a payload intent.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

logger = logging.getLogger(__name__)
PAYLOAD_PREFIX = "/"


class Linear:
    """The trained function: (n, d) vectors to (n, k) probabilities. Plain arrays, no pickles."""

    def __init__(
        self, labels: List[str], mean: np.ndarray, weights: np.ndarray, bias: np.ndarray
    ) -> None:
        self.labels = labels
        self.mean, self.weights, self.bias = mean, weights, bias

    @classmethod
    def fit(cls, x: np.ndarray, y: List[str], c: float, max_iter: int) -> Linear:
        """Fit on vectors `x` of shape (n, d) with labels `y`."""
        from sklearn.linear_model import LogisticRegression

        mean = x.mean(axis=0)
        model = LogisticRegression(C=c, max_iter=max_iter, class_weight="balanced", random_state=7)
        model.fit(x - mean, y)
        return cls(list(model.classes_), mean, model.coef_, model.intercept_)

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """Softmax over labels, shape (n, k), in the order of `labels`."""
        scores = (x - self.mean) @ self.weights.T + self.bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """Sets `intent` and `intent_ranking`."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """A featurizer must come before."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Checked by Rasa before training."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`C` is the inverse strength of regularisation; `ranking` how many intents are kept."""
        return {"C": 30.0, "max_iter": 400, "ranking": 5}

    def __init__(
        self,
        config: Dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Optional[Linear] = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._model = storage, resource, model

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        """An untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from all examples that are words, and stores the arrays."""
        examples = [
            m
            for m in training_data.intent_examples
            if m.get(INTENT) and m.get(TEXT) and not m.get(TEXT).startswith(PAYLOAD_PREFIX)
        ]
        if examples:
            x = np.stack([_vector(m) for m in examples])
            y = [m.get(INTENT) for m in examples]
            self._model = Linear.fit(x, y, self._config["C"], self._config["max_iter"])
            with self._storage.write_to(self._resource) as folder:
                model = self._model
                np.savez(
                    folder / "linear.npz", mean=model.mean, weights=model.weights, bias=model.bias
                )
                (folder / "labels.json").write_text(json.dumps(model.labels), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        """The trained component; raises when the archive lacks it."""
        with model_storage.read_from(resource) as folder:
            labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
            with np.load(folder / "linear.npz") as stored:
                model = Linear(labels, stored["mean"], stored["weights"], stored["bias"])
        return cls(config, model_storage, resource, model)

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the likeliest intent and the ranking to every message."""
        if self._model is None or not messages:
            return messages
        known = [m for m in messages if m.get(TEXT)]
        if not known:
            return messages
        table = self._model.probabilities(np.stack([_vector(m) for m in known]))
        for message, row in zip(known, table):
            best = np.argsort(-row)[: self._config["ranking"]]
            ranking = [{"name": self._model.labels[i], "confidence": float(row[i])} for i in best]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components may look at predictions."""
        self.process(training_data.training_examples)
        return training_data


def _vector(message: Message) -> np.ndarray:
    _, sentence = message.get_dense_features(attribute=TEXT)
    assert sentence is not None, "the featurizer must come before"
    return np.asarray(sentence.features[0], dtype=np.float32)
