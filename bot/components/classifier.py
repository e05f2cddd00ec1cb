"""Intent of a message: logistic regression on its sentence vector and, lighter, its n-grams.

Rasa's own LogisticRegressionClassifier ignores `C`, at whose default the short distances between e5
vectors are hardly used, and puts sparse features beside dense ones unscaled, where they drown them.
This one centres the vectors, weighs the n-grams, takes `C`, and stores plain arrays. The n-grams
are of the words as they were typed, so that a vector of a normalised form (no city names, no
fillers) does as well as one of the words themselves. Examples that begin with `/` document payloads
of buttons: they are never learnt, so a resident's words cannot become a payload intent.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Text, Type

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

from bot.components.ngrams import Ngrams

logger = logging.getLogger(__name__)
PAYLOAD_PREFIX = "/"


class Linear:
    """The trained function: texts and (n, d) vectors to (n, k) probabilities. No pickles."""

    def __init__(
        self, labels: List[str], arrays: Dict[str, np.ndarray], ngrams: Ngrams, weight: float
    ) -> None:
        self.labels = labels
        self.arrays = arrays
        self.ngrams = ngrams
        self.weight = weight

    @classmethod
    def fit(
        cls, texts: Sequence[str], x: np.ndarray, y: List[str], c: float, weight: float
    ) -> Linear:
        """Fit on `texts`, their vectors `x` of shape (n, d), and labels `y`."""
        from scipy.sparse import csr_matrix, hstack
        from sklearn.linear_model import LogisticRegression

        mean = x.mean(axis=0)
        ngrams = Ngrams.fit(texts)
        rows = [ngrams.row(text) for text in texts]
        pointers = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        sparse = csr_matrix(
            (
                np.concatenate([values for _, values in rows]) * weight,
                np.concatenate([columns for columns, _ in rows]),
                pointers,
            ),
            shape=(len(rows), len(ngrams.vocabulary)),
        )
        model = LogisticRegression(C=c, max_iter=400, class_weight="balanced", random_state=7)
        model.fit(hstack([csr_matrix(x - mean), sparse]).tocsr(), y)
        coefficients = model.coef_.astype(np.float32)
        arrays = {
            "mean": mean,
            "dense": coefficients[:, : x.shape[1]].T.copy(),
            "sparse": coefficients[:, x.shape[1] :].T.copy(),
            "bias": model.intercept_.astype(np.float32),
            "idf": ngrams.idf,
        }
        return cls(list(model.classes_), arrays, ngrams, weight)

    def probabilities(self, text: str, vector: np.ndarray) -> np.ndarray:
        """Softmax over labels, shape (k,), in the order of `labels`."""
        columns, values = self.ngrams.row(text)
        scores = (vector - self.arrays["mean"]) @ self.arrays["dense"] + self.arrays["bias"]
        scores = scores + (values * self.weight) @ self.arrays["sparse"][columns]
        scores = np.exp(scores - scores.max())
        return scores / scores.sum()

    def save(self, folder: Path) -> None:
        """Write into `folder`."""
        np.savez(folder / "linear.npz", **self.arrays)
        meta = {
            "labels": self.labels,
            "vocabulary": self.ngrams.vocabulary,
            "weight": self.weight,
        }
        (folder / "linear.json").write_text(json.dumps(meta), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Linear:
        """Read what `save` wrote."""
        meta = json.loads((folder / "linear.json").read_text(encoding="utf-8"))
        with np.load(folder / "linear.npz") as stored:
            arrays = {name: stored[name] for name in stored.files}
        return cls(
            meta["labels"], arrays, Ngrams(meta["vocabulary"], arrays["idf"]), meta["weight"]
        )


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
        """`C`: inverse strength of regularisation; `ngram_weight`: n-grams against the vector (0: none);
        `ranking`: how many intents are kept."""
        return {"C": 30.0, "ngram_weight": 0.4, "ranking": 5}

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
            self._model = Linear.fit(
                [m.get(TEXT) for m in examples],
                np.stack([_vector(m) for m in examples]),
                [m.get(INTENT) for m in examples],
                self._config["C"],
                self._config["ngram_weight"],
            )
            with self._storage.write_to(self._resource) as folder:
                self._model.save(folder)
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
            model = Linear.open(folder)
        return cls(config, model_storage, resource, model)

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the likeliest intent and the ranking to every message."""
        if self._model is None or not messages:
            return messages
        for message in messages:
            if not message.get(TEXT):
                continue
            row = self._model.probabilities(message.get(TEXT), _vector(message))
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
