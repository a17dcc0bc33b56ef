"""The trained models of the site: one of each, with a page that says what is so, made once and kept."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from conftest import environment

import a1viz
from a1viz.site import model_cards as cards
from a1viz.site import state
from a1viz.site.model_cards import model_files
from a1viz.site.pages import write_pages
from a1viz.train import DATA, MODELS, SETTINGS, load_data, load_model

NAMES = [f"{data}_{model}" for model, data in SETTINGS]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return model_files()


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory):
    path = tmp_path_factory.mktemp("models")
    for name, content in files.items():
        (path / name.partition("/")[2]).write_bytes(content)
    return path


def test_every_model_has_its_document_its_parameters_and_its_page(files):
    suffixes, shared = (".toml", ".safetensors", "_example.csv", ".md"), ("points", "classes")
    names = {f"{name}{suffix}" for name in NAMES for suffix in suffixes} | {f"{data}_{what}.csv" for data in DATA for what in shared}
    assert set(files) == {f"models/{name}" for name in names}
    assert len(NAMES) == len(MODELS) * len(DATA)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_on_the_page_is_the_model_in_the_file(name, files, folder):
    page = re.sub(r'<span class="a1viz-whole">([^<]*)</span>', r"\1", files[f"models/{name}.md"].decode())
    model, data = load_model(folder / f"{name}.toml"), load_data(name.rpartition("_")[0])
    for part, (X, t) in {"training": (data.X, data.t), "validation": (data.X_validation, data.t_validation)}.items():
        assert f"| {part} | {len(X):,} | {model.loss(X, t):.4f} | {model.score(X, t):.1%} |" in page
    assert a1viz.check(a1viz.load(folder / f"{name}.toml"))
    norms = sum(model.gradient_norms(data.X, data.t).values())
    assert f"| {norms.argmax()} | {data.classes[data.t[norms.argmax()]]} |" in page
    errors = [float(row.split("|")[5]) for row in page.splitlines() if re.match(r"\| \w+ \| (`[\w.]+`)? \| \(", row)]
    assert len(errors) == 1 + len(model.net.learnt) and max(errors) < 1e-8


def test_in_the_table_of_all_models_each_leads_to_its_own_page(files):
    from a1viz.site.figures import figure_html

    rows = re.findall(r'<tr><td>([^<]*)</td><td><a href="(models/[^"]*).html">([^<]*)</a></td>', figure_html("shipped_models"))
    assert [page for _, page, _ in rows] == [f"models/{name}" for name in NAMES]
    for data, page, kind in rows:
        assert f"# {data}: {kind.lower()}" in files[f"{page}.md"].decode()


def test_a_part_of_the_norms_is_not_rounded_to_all_of_them():
    from a1viz.plots.training import norm_histogram

    for small, part in ((0.0, "100%"), (1e-3, "more than 99%"), (1.0, "51%")):
        assert f"make up {part} of the sum" in norm_histogram(np.array([96.0, *[small] * 99])).words


@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_of_a_page_are_well_formed_with_ids_of_their_own(name, files):
    page = files[f"models/{name}.md"].decode()
    drawn = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(drawn) >= 5
    for text in drawn:
        assert ET.fromstring(text).get("role") in ("img", "group", "graphics-document") or "<title" in text
    ids = re.findall(r'\bid="(.*?)"', "".join(drawn))
    assert len(ids) == len(set(ids))
    assert not re.search(r"<(?:image|script|foreignObject)\b", page)
    assert not re.search(r"/tmp/|/home/", page)


@pytest.mark.parametrize("name", [NAMES[-1], *(pytest.param(name, marks=pytest.mark.prove) for name in NAMES[:-1])])
@pytest.mark.process
def test_what_a_page_says_to_run_runs_with_the_files_that_it_names(name, files, tmp_path):
    page = files[f"models/{name}.md"].decode()
    taken = set(re.findall(r"\{ download=(\S+) \}", page))
    assert len(taken) == 5 and taken == set(re.findall(r"\]\(([\w.]+)\)", page)) - {"..", ""} & taken
    for file in taken:
        (tmp_path / file).write_bytes(files[f"models/{file}"])
    for line in re.findall(r"^a1viz .*$", page, re.M):
        done = subprocess.run([sys.executable, "-m", *line.split()], cwd=tmp_path, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    (program,) = re.findall(r"```py\n(.*?)```", page, re.S)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_was_trained_once_is_not_trained_again(files, monkeypatch):
    monkeypatch.setattr(cards, "made_files", lambda *row: pytest.fail(f"{row} was trained again"))
    assert model_files() == files


def test_a_changed_program_trains_anew(monkeypatch, tmp_path):
    before = state.program_state()
    (tmp_path / "nn.py").write_text("x = 1\n")
    monkeypatch.setattr(state, "PACKAGE", tmp_path)
    state.program_state.cache_clear()
    assert state.program_state() != before
    state.program_state.cache_clear()


def test_training_again_gives_the_same_files(files):
    made = cards.made_files("logistic", "moons")
    assert made == {path: files[path] for path in made}


def test_the_pages_are_written_with_the_models_beside_them_and_only_when_they_change(tmp_path, files):
    pages = write_pages(tmp_path)
    assert {path.name for path in pages if path.parent.name == "models"} == {f"{name}.md" for name in NAMES}
    target = tmp_path / "models" / "moons_mlp.safetensors"
    assert target.read_bytes() == files["models/moons_mlp.safetensors"]
    before = target.stat().st_mtime_ns
    write_pages(tmp_path)
    assert target.stat().st_mtime_ns == before
    graph = a1viz.load(tmp_path / "models" / "moons_mlp.toml")
    assert np.isfinite(a1viz.run(graph)["J"])
