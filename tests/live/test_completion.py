"""What an editor of equations shows: each piece of a text with its kind, and how a word that is begun may go on."""

from __future__ import annotations

import random

import pytest

from a1viz.graph.tokens import END, SourceLines, tokens_of
from tests.graph import test_reader
from tests.live.test_texts import hostile_texts, random_texts

pytestmark = pytest.mark.browser

NAMES = {"target", "operator", "keyword", "literal"}
KINDS = [  # a text with | between its pieces, and their kinds
    ("z| =| W| @| x", "target sign name sign name"),
    ("u|,| v| =| S|(|x|)", "target sign target sign name bracket name bracket"),
    ("z| =| relu|(|x|)| # relu(x) = 'a", "target sign operator bracket name bracket comment"),
    ("relu| =| x|;| y| =| relu| *| relu|(|x|)", "target sign name sign target sign name sign operator bracket name bracket"),
    ("z| =| sum|(|X|,| axis|=|0|,| keepdims|=|True|)",
     "target sign operator bracket name sign keyword sign number sign keyword sign literal bracket"),
    ("z| =| X|.T| ** |2.5", "target sign name attribute sign number"),
    ('z| =| einsum|(|"ij->i"|,| X|)', "target sign operator bracket text sign name bracket"),
    ("z| =| x|[|1|:|]| ==| y", "target sign name bracket number sign bracket sign name"),
    ("z| =| sum|(|X|,|\n  axis|=|0|)|\nw| =| 1", "target sign operator bracket name sign keyword sign number bracket target sign number"),
    ("z| =| (|x|\nw| =| x", "target sign bracket name target sign name"),
    ("z| =| x| \\|\n + |y|\nq| =| 1", "target sign name sign sign name target sign number"),
    ("z| =| é| +| lambda| %| x|{|𝛼", "target sign wrong sign wrong wrong name wrong wrong"),
    ("z| =| f|(|a| ==| b|)", "target sign name bracket name sign name bracket"),
    ('z| =| f|("|a|# b"', "target sign name bracket wrong name comment"),
    ("", ""),
]  # fmt: skip


def pieces(engine, texts):
    return engine.ask("given.map(text => m.highlighted(text).map(p => [p.kind, p.start, p.end]))", texts)


def test_each_piece_has_its_kind(engine):
    for (marked, kinds), found in zip(KINDS, pieces(engine, [text.replace("|", "") for text, _ in KINDS]), strict=True):
        assert " ".join(kind for kind, _, _ in found) == kinds, marked
        if "𝛼" not in marked and '("' not in marked:
            text = marked.replace("|", "")
            assert [text[a:b] for _, a, b in found] == [word.strip() for word in marked.split("|") if word.strip()]


def test_the_pieces_are_the_tokens_that_the_reader_has(engine):
    texts = [f"z = {row[0]}" for row in test_reader.READ]
    for text, found in zip(texts, pieces(engine, texts), strict=True):
        wanted = [(kind, start, end) for tokens in tokens_of(SourceLines(text)) for kind, _, start, end in tokens if kind != END]
        assert [("name" if k in NAMES else "sign" if k == "bracket" else k, a, b) for k, a, b in found] == wanted
        assert "wrong" not in {kind for kind, _, _ in found}


WHOLE = """given.filter(text => {
  let [end, between, isOrdered] = [0, [], true];
  for (const piece of m.highlighted(text)) {
    isOrdered &&= end <= piece.start && piece.start < piece.end;
    between.push(text.slice(end, piece.start));
    end = piece.end;
  }
  return !isOrdered || (between.join("") + text.slice(end)).trim() !== "";
}).map(text => text.slice(0, 200))"""


def test_whatever_the_text_the_pieces_are_all_that_is_no_space_in_order_and_once(engine):
    texts = [*random_texts(1500, 1), *(text for text in hostile_texts() if len(text) < 20_000)]
    assert engine.ask(WHOLE, texts) == []
    planted = WHOLE.replace("m.highlighted(text)", "m.highlighted(text).slice(1)")
    assert len(engine.ask(planted, ["z = x", "", "w"])) == 2


def test_long_texts_have_their_pieces_soon(engine):
    for text in [text for text in hostile_texts() if len(text) < 65_000]:
        engine.ask_within(5, "m.highlighted(given).length", text)


WAYS = [  # a text with | at the position, the first ways on, what is among them, what is not
    ("z = W @ x\nh = relu(z)\nJ = re|", [["relu(", "operator"], ["reshape(", "operator"]], [], ["z"]),
    ("zed = x\nh = z|", [["zed", "name"], ["zeros(", "operator"]], [], []),
    ("h = |\nlater = 1", [["x", "name"], ["h", "name"], ["later", "name"]], ["exp("], []),
    ("z = sum(X, a|)", [["axis=", "keyword"]], ["abs("], ["keepdims="]),
    ("z = sum(X, k|)", [["keepdims=", "keyword"]], [], []),
    ("z = (X, ax|)", [], [], ["axis="]),
    ("z = sigma|", [["sigmoid(x)", "operator"]], [], []),
    ("z = X.|", [["T", "attribute"]], [], ["x"]),
    ("z = X. |", [["T", "attribute"]], [], ["x"]),
    ("z = x # re|", [], [], ["relu("]),
    ("z = x # re\nh = re|", [["relu(", "operator"]], [], []),
    ("z = 2|", [], [], ["x"]),
    ("z = SOFT|x + 1", [["softplus(", "operator"]], ["softmax("], []),
    ("z = batch|", [], [], ["batch_sum("]),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "first", "among", "never"), WAYS, ids=[w[0] for w in WAYS])
def test_a_word_goes_on(engine, marked, first, among, never):
    given = {"text": marked.replace("|", ""), "position": marked.index("|")}
    found = engine.ask("m.completions(given.text, given.position, ['x'])", given)
    ways = [[way["text"], way["kind"]] for way in found["ways"]]
    texts = [text for text, _ in ways]
    assert all(way in ways for way in first) and (not first or ways[0] in first)
    assert set(among) <= set(texts) and not set(never) & set(texts)
    assert given["text"][found["start"] : found["end"]].replace("_", "").isalnum() or found["start"] == found["end"]


def test_completing_never_fails_wherever_the_position(engine):
    rng = random.Random(2)
    cases = [[text, rng.randint(0, len(text))] for text in random_texts(600, 3)]
    found = engine.ask("given.map(([text, k]) => { const c = m.completions(text, k, ['x']); return [c.start, c.end]; })", cases)
    for (_, position), (start, end) in zip(cases, found, strict=True):
        assert start <= position <= end
