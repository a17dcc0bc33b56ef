"""The estimators: scikit-learn's own checks hold, and they learn what scikit-learn's logistic regression does."""

from __future__ import annotations

import io
import subprocess
import sys

import joblib
import numpy as np
import pytest
from conftest import environment
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression as Theirs
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import a1viz
from a1viz.exchange import LogisticEstimator, MLPEstimator
from a1viz.nn import LogisticRegression, gradient_table

BOTH = pytest.mark.parametrize("kind", [LogisticEstimator, MLPEstimator])


@parametrize_with_checks([LogisticEstimator(steps=200), MLPEstimator(steps=200)])  # none is expected to fail
def test_scikit_learns_own_checks_hold(estimator, check):
    check(estimator)


def overlapping(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples whose classes cannot be told apart for sure, so that the best parameters are finite."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 3)) * [1.0, 5.0, 0.2] + [0.0, 3.0, -1.0]
    scores = X @ rng.standard_normal((3, classes)) / 3 + rng.gumbel(size=(300, classes))
    return X, scores.argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 4])
def test_it_finds_the_optimum_that_scikit_learn_finds(classes):
    X, t = overlapping(classes)
    ours = LogisticEstimator(steps=1500).fit(X, t)
    theirs = Theirs(C=np.inf, tol=1e-10, max_iter=10_000).fit(X, t)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=2e-6)
    assert ours.score(X, t) == theirs.score(X, t)


@BOTH
@pytest.mark.parametrize(("load", "least"), [(load_iris, 0.9), (load_wine, 0.93), (load_breast_cancer, 0.94), (load_digits, 0.75)])
def test_cross_validation_in_a_pipeline_finds_what_the_data_allow(kind, load, least):
    X, t = load(return_X_y=True)
    every = max(1, len(X) // 300)
    scores = cross_val_score(make_pipeline(StandardScaler(), kind(steps=200)), X[::every], t[::every], cv=3)
    assert scores.min() >= least


def test_a_search_finds_its_parameters_through_a_pipeline():
    X, t = load_iris(return_X_y=True)
    grid = {"mlpestimator__hidden": [(1,), (4, 4)], "mlpestimator__batch": [None, 16], "mlpestimator__rate": [1e9, 0.1]}
    pipeline = make_pipeline(StandardScaler(), MLPEstimator(steps=100))
    with pytest.warns(match="the learning rate 1e.09 is too large"):
        search = GridSearchCV(pipeline, grid, cv=2, error_score=-1.0).fit(X, t)
    assert search.best_params_["mlpestimator__rate"] == 0.1 and search.best_score_ > 0.9


@BOTH
@pytest.mark.parametrize("names", [["a", "b"], [7, -3], [True, False], [0.5, 1.5], ["x", "y", "z"], [10, 20, 30]])
def test_classes_are_what_they_are_called(kind, names):
    if names == [0.5, 1.5]:
        with pytest.raises(ValueError, match="Unknown label type: continuous"):
            kind().fit([[0.0], [1.0]], names)
        return
    X = np.repeat(np.arange(len(names)), 5)[:, None].astype(np.float32)
    y = np.repeat(names, 5)
    fitted = kind(steps=300).fit(X, y)
    assert fitted.classes_.tolist() == sorted(names) and fitted.predict(X).tolist() == y.tolist()
    shape = (len(X),) if len(names) == 2 else (len(X), len(names))
    assert fitted.decision_function(X).shape == shape and fitted.predict_proba(X).dtype == float
    assert fitted.model_.class_names == tuple(map(str, sorted(names)))


@BOTH
@pytest.mark.parametrize(
    ("X", "y", "score"),
    [
        ([[1.0], [2.0], [3.0]], ["a", "b", "c"], 1.0),  # one example a class
        ([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]], [0, 0, 1, 1], 1.0),  # a feature that is always the same
        ([[1.0], [1.0], [2.0], [2.0]], [0, 1, 0, 1], 0.5),  # equal examples of different classes
        ([[1e100], [-1e100], [2e100]], [1, 0, 1], 1.0),
    ],
)
def test_hard_cases_are_learnt_as_well_as_they_can_be(kind, X, y, score):
    fitted = kind(steps=200).fit(X, y)
    assert fitted.score(X, y) == score and np.isfinite(fitted.predict_proba(X)).all()


@BOTH
@pytest.mark.parametrize(("standardize", "said"), [(True, "feature 0 has numbers up to 2e.200"), (False, "whose squares overflow")])
def test_numbers_whose_squares_overflow_are_refused(kind, standardize, said):
    with pytest.raises(ValueError, match=said):
        kind(standardize=standardize).fit([[1e200], [-1e200], [2e200]], [0, 1, 0])


def test_a_feature_that_was_always_the_same_moves_little_when_it_differs_later():
    X = np.stack([np.full(11, 0.1), np.arange(11.0)], axis=1)  # the mean of eleven times 0.1 is not 0.1
    fitted = LogisticEstimator(steps=100).fit(X, X[:, 1] > 4)
    assert np.abs(fitted.decision_function(X + [0.5, 0]) - fitted.decision_function(X)).max() < 1


@pytest.mark.parametrize(
    ("parameters", "y", "said"),
    [
        ({}, [1, 1, 1], "all examples are of one class, 1; a classifier learns from two classes or more"),
        ({}, np.array(["a", 1, "a"], dtype=object), "classes must be of one type, and these are int and str; y.astype"),
        ({"rate": -1}, [0, 1, 0], "the learning rate must be a number above 0, got -1"),
        ({"rate": 1e9}, [0, 1, 0], r"the learning rate 1e\+09 is too large"),
        ({"steps": 2.5}, [0, 1, 0], "steps must be a whole number"),
        ({"batch": 0}, [0, 1, 0], "a batch is a whole number of examples from 1, got 0"),
        ({"hidden": (2.5,)}, [0, 1, 0], "outputs must be a whole number from 1, got 2.5"),
        ({"activation": "tahn"}, [0, 1, 0], "unknown activation 'tahn'.*did you mean 'tanh'"),
    ],
)
def test_what_does_not_fit_is_a_value_error_as_scikit_learn_has_it(parameters, y, said):
    with pytest.raises(ValueError, match=said):
        MLPEstimator(**parameters).fit([[1.0], [2.0], [4.0]], y)


def test_sparse_examples_are_refused_in_scikit_learns_words():
    import scipy.sparse

    with pytest.raises(TypeError, match="Sparse data was passed for X, but dense data is required"):
        LogisticEstimator().fit(scipy.sparse.eye(3, format="csr"), [0, 1, 1])


def test_the_names_of_a_data_frame_are_kept():
    pandas = pytest.importorskip("pandas", reason="!!!!!!!! pandas IS NOT INSTALLED: DATA FRAMES ARE NOT TRIED !!!!!!!!")
    X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
    fitted = LogisticEstimator(steps=10).fit(pandas.DataFrame(X, columns=["height", "weight"]), ["a", "b", "b"])
    assert fitted.feature_names_in_.tolist() == ["height", "weight"] and fitted.model_.feature_names == ("height", "weight")


def test_what_is_learnt_is_a_model_of_ours_with_its_graph_and_goes_through_joblib(tmp_path):
    X, t = load_iris(return_X_y=True)
    fitted = LogisticEstimator(rate=0.5, steps=50, random_state=3).fit(X, t)
    ours = LogisticRegression(4, classes=3, standardize=True, rng=3)
    history = ours.fit(X, t, rate=0.5, momentum=0.9, steps=50)
    assert np.array_equal(ours.decision_function(X), fitted.decision_function(X)) and np.array_equal(history.loss, fitted.history_.loss)
    assert max(row.error for row in gradient_table(fitted.model_, X, t).rows) < 1e-8
    a1viz.nn.save(fitted.model_, tmp_path / "iris.toml")
    assert a1viz.check(a1viz.load(tmp_path / "iris.toml"))
    file = io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    assert np.array_equal(joblib.load(file).predict_proba(X), fitted.predict_proba(X))


def test_batches_are_shuffled_by_the_random_state_alone():
    X, t = load_iris(return_X_y=True)
    one, same, other = (clone(LogisticEstimator(steps=40, batch=16, random_state=seed)).fit(X, t).predict_proba(X) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    drawn = LogisticEstimator(steps=40, batch=16, random_state=np.random.RandomState(0)).fit(X, t)
    assert drawn.score(X, t) > 0.8


@pytest.mark.process
def test_without_scikit_learn_one_message_says_how_to_get_it():
    program = (
        "import sys; sys.modules['sklearn'] = None\nimport a1viz\n"
        "try: from a1viz.exchange import LogisticEstimator\nexcept a1viz.A1vizError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout == 'an estimator needs scikit-learn 1.6 or newer, which is not installed: pip install "a1viz[data]"\n'
