"""The classifiers of question 4 with scikit-learn's manners: for pipelines, cross-validation and searches. Needs scikit-learn.

The one place that inherits from a library's classes. What they are given is checked by scikit-learn, in its words; what they learn is a
classifier of `a1viz.nn`, in `model_`, with its graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError
from ..nn import Classifier, History, LogisticRegression, MLPClassifier, one_thread, safe_rate
from ..nn.fitting import standardized
from ..nn.loss import decisions, probabilities

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ModuleNotFoundError:
    raise InputError('an estimator needs scikit-learn 1.6 or newer, which is not installed: pip install "a1viz[data]"') from None

MOST_RATE = 0.1  # of a perceptron, unless given: hidden layers make the loss more curved than `safe_rate` knows


class NetworkEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both estimators share: everything but their network."""

    def __init__(
        self,
        *,
        rate: float | None = None,
        momentum: float = 0.9,
        steps: int = 1000,
        batch: int | None = None,
        standardize: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.rate, self.momentum, self.steps = rate, momentum, steps
        self.batch, self.standardize, self.random_state = batch, standardize, random_state

    def fit(self, X: Any, y: Any) -> NetworkEstimator:
        """Learn from examples (batch, features) and their classes (batch,), which may be numbers, texts or truth values; the estimator.

        Raises ValueError for what does not fit, for a single class, and where the loss diverges.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        try:
            check_classification_targets(y)
            self.classes_, t = np.unique(y, return_inverse=True)
        except TypeError:
            kinds = " and ".join(sorted({type(label).__name__ for label in y}))
            raise ValueError(f"classes must be of one type, and these are {kinds}; y.astype(str) makes texts of all") from None
        if len(self.classes_) < 2:
            raise ValueError(f"all examples are of one class, {self.classes_.item()!r}; a classifier learns from two classes or more")
        try:
            with one_thread():
                self.model_, self.history_ = self._learnt(X, t)
        except InputError as error:
            raise ValueError(str(error)) from None
        return self

    def _learnt(self, X: Array, t: Array) -> tuple[Classifier, History]:
        """A trained model and how it went."""
        seed = self.random_state
        seed = int(seed) if isinstance(seed, (int, np.integer)) else int(check_random_state(seed).randint(2**31))
        model = self._network(X.shape[1], {"classes": len(self.classes_), "standardize": bool(self.standardize), "rng": seed})
        model.feature_names = tuple(map(str, getattr(self, "feature_names_in_", model.feature_names)))
        model.class_names = tuple(map(str, self.classes_))
        rate = self._rate(X) if self.rate is None else self.rate
        return model, model.fit(X, t, rate=rate, momentum=self.momentum, steps=self.steps, batch=self.batch, rng=seed)

    def _network(self, features: int, given: dict[str, Any]) -> Classifier:
        """The network before it has learnt."""
        raise NotImplementedError

    def _rate(self, X: Array) -> float:
        """The learning rate for these examples, where none is given."""
        return safe_rate(standardized(X) if self.standardize else X, len(self.classes_))

    def decision_function(self, X: Any) -> Array:
        """Of two classes the logit of the second, (batch,); of more the logit of each, (batch, classes). Raises ValueError."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.model_.decision_function(X)

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (batch, classes), in the order of `classes_`. Raises ValueError."""
        return probabilities(self.decision_function(X))

    def predict(self, X: Any) -> Array:
        """The likeliest class of each example, (batch,). Raises ValueError."""
        chosen = decisions(self.decision_function(X))
        found: Array = self.classes_[chosen]
        return found


class LogisticEstimator(NetworkEstimator):
    """Logistic regression for scikit-learn, without a penalty: of two classes by a sigmoid, of more by a softmax. Source: question 4.1.

    `rate` is by default the largest that is sure to lower the loss, `batch` are the examples a step learns from, all by default. After
    `fit`: `classes_`, `n_features_in_`, `feature_names_in_` of a data frame, `model_`, the classifier of a1viz.nn, and `history_`.

    >>> estimator = LogisticEstimator(steps=100).fit([[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"])
    >>> estimator.predict([[0.5], [2.5]]).tolist()
    ['low', 'high']
    """

    def _network(self, features: int, given: dict[str, Any]) -> Classifier:
        return LogisticRegression(features, **given)


class MLPEstimator(NetworkEstimator):
    """A multi-layer perceptron for scikit-learn: `hidden` layers of these widths, one `activation`. Source: question 4.2.

    The other parameters and what it learns are those of `LogisticEstimator`; `rate` is by default the same, but at most MOST_RATE.

    >>> estimator = MLPEstimator(hidden=(8,), steps=300).fit([[0.0], [1.0], [2.0], [3.0]], [False, True, True, False])
    >>> estimator.predict([[0.0], [1.5]]).tolist()
    [False, True]
    """

    def __init__(
        self,
        hidden: tuple[int, ...] | int = (16,),
        activation: str = "tanh",
        *,
        rate: float | None = None,
        momentum: float = 0.9,
        steps: int = 1000,
        batch: int | None = None,
        standardize: bool = True,
        random_state: Any = 0,
    ) -> None:
        super().__init__(rate=rate, momentum=momentum, steps=steps, batch=batch, standardize=standardize, random_state=random_state)
        self.hidden, self.activation = hidden, activation

    def _network(self, features: int, given: dict[str, Any]) -> Classifier:
        hidden = (self.hidden,) if isinstance(self.hidden, (int, np.integer)) else tuple(self.hidden)
        return MLPClassifier(features, hidden, self.activation, **given)

    def _rate(self, X: Array) -> float:
        return min(super()._rate(X), MOST_RATE)
