from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from documents import ARABIC, CHINESE, ENGLISH, LONG_RUNS
from specimens import COMPILED, ROOT, environment

from ingest.compiled import CompiledModel
from ingest.embed import QUANTIZED_MODEL, Embedder
from ingest.errors import DossierError

BRIEFS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "corpus" / "briefs").glob("*.md"))]
TEXTS = [
    *ENGLISH,
    *CHINESE,
    *ARABIC,
    *LONG_RUNS,
    "",
    " ",
    "x",
    *(part for brief in BRIEFS for part in brief.split("\n")),
]
QUESTION = "Who supplies Hikvision?"


@pytest.fixture
def kept(tmp_path: Path, embedder: Embedder) -> Path:
    """Return a folder with a copy of the compiled model."""
    import shutil

    embedder.queries([QUESTION])
    return Path(shutil.copytree(COMPILED, tmp_path / "compiled"))


@pytest.fixture(scope="session")
def plain() -> Embedder:
    """Return the same model without compiling it."""
    return Embedder()


def test_the_compiled_model_is_the_model(embedder: Embedder, plain: Embedder):
    """Vectors of real texts, long, short, empty and of other scripts, are those of Sentence Transformers."""
    assert embedder.runs_in.startswith("OpenVINO")
    cosines = (embedder.documents(TEXTS) * plain.documents(TEXTS)).sum(axis=1)
    assert cosines.mean() >= 0.9999
    assert cosines.min() >= 0.9998


def test_the_same_passages_are_found(embedder: Embedder, plain: Embedder):
    """Of the ten nearest texts to each question, the compiled model finds 99 in 100."""
    texts = list(dict.fromkeys(text for text in TEXTS if len(text) > 40))
    asked = [text[: len(text) // 2] for text in texts[::5]]
    compiled, other = (
        np.argsort(-(one.queries(asked) @ one.documents(texts).T), axis=1)[:, :10] for one in (embedder, plain)
    )
    same = [len(set(some) & set(others)) for some, others in zip(compiled.tolist(), other.tolist(), strict=True)]
    assert np.mean(same) >= 9.9


def test_a_question_needs_no_torch(kept: Path):
    """With the compiled model at hand, neither PyTorch nor Sentence Transformers is imported."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom ingest.embed import Embedder\n"
        f"vectors = Embedder(compiled=Path(sys.argv[1])).queries([{QUESTION!r}])\n"
        "print(vectors.shape, sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(kept)], capture_output=True, text=True, check=True, env=environment(), cwd=ROOT
    )
    assert done.stdout.strip() == "(1, 384) []"


def test_its_telemetry_is_shut_off(kept: Path, tmp_path: Path):
    """OpenVINO's sender of usage data is never loaded, and nothing is written into the home folder."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom ingest.embed import Embedder\n"
        f"Embedder(compiled=Path(sys.argv[1])).queries([{QUESTION!r}])\n"
        "print(sorted(name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]))"
    )
    home = tmp_path / "home"
    home.mkdir()
    for folder in (kept, tmp_path / "anew"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            capture_output=True,
            text=True,
            check=True,
            env={name: value for name, value in environment(HOME=str(home)).items() if name != "CI"},
            cwd=ROOT,
        )
        assert done.stdout.strip() == "[]"
        assert done.stderr == ""
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("harm", ["cut short", "other weights", "no model", "no proof", "garbage"])
def test_a_damaged_model_is_made_anew(kept: Path, embedder: Embedder, harm: str):
    """A compiled model that is damaged or lacks a part is never used: it is made anew, with the same vectors."""
    (folder,) = kept.glob("*@*")
    weights = folder / "model.bin"
    whole = weights.read_bytes()
    match harm:
        case "cut short":
            weights.write_bytes(whole[: len(whole) // 2])
        case "other weights":
            weights.write_bytes(whole[: len(whole) // 2] + whole[: len(whole) - len(whole) // 2])
        case "no model":
            weights.unlink()
        case "no proof":
            (folder / "expected.npy").unlink()
        case "garbage":
            (folder / "model.xml").write_text("<net", encoding="utf-8")
    again = Embedder(compiled=kept)
    assert np.allclose(again.queries([QUESTION]), embedder.queries([QUESTION]), atol=1e-5)
    assert again.runs_in.startswith("OpenVINO")
    assert {path.name for path in kept.iterdir()} == {folder.name, "making.lock"}


def test_where_it_cannot_be_kept_the_slower_way_is_taken(
    tmp_path: Path, plain: Embedder, caplog: pytest.LogCaptureFixture
):
    """A folder that cannot be written is told of, with the reason, and Sentence Transformers embeds."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    slow = Embedder(compiled=tmp_path / "file")
    assert np.allclose(slow.queries([QUESTION]), plain.queries([QUESTION]), atol=1e-6)
    assert slow.runs_in == "Sentence Transformers"
    (told,) = caplog.messages
    assert str(tmp_path / "file") in told
    assert "slower" in told


def test_a_model_that_gives_other_vectors_is_not_used(
    tmp_path: Path, plain: Embedder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A processor whose vectors differ from Sentence Transformers' is not trusted, and the cosine is told."""
    own = CompiledModel.vectors
    monkeypatch.setattr(CompiledModel, "vectors", lambda model, pieces: own(model, [ids[::-1] for ids in pieces]))
    slow = Embedder(compiled=tmp_path)
    assert np.allclose(slow.queries([QUESTION]), plain.queries([QUESTION]), atol=1e-6)
    assert "other vectors" in caplog.messages[0]
    assert "0.9998" in caplog.messages[0]


def test_another_model_is_not_compiled(tiny_model: Path, tmp_path: Path):
    """A model that a user names goes through Sentence Transformers."""
    other = Embedder(tiny_model, tmp_path / "compiled")
    assert other.queries([QUESTION]).shape == (1, 16)
    assert other.runs_in == "Sentence Transformers"
    assert not (tmp_path / "compiled").exists()


def test_two_at_once_make_one(tmp_path: Path):
    """Processes that find no compiled model at the same moment all use one, and nothing else is left."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom ingest.embed import Embedder\n"
        f"embedder = Embedder(compiled=Path(sys.argv[1]))\nembedder.queries([{QUESTION!r}])\nprint(embedder.runs_in)"
    )
    (tmp_path / f"{Embedder().fingerprint}.part").mkdir()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT
        )
        for _ in range(2)
    ]
    assert all(process.communicate()[0].startswith("OpenVINO") for process in running)
    assert {path.name for path in tmp_path.iterdir()} == {Embedder().fingerprint, "making.lock"}


@pytest.fixture(scope="session")
def eight_bits(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """Return the model in 8 bits, made anew."""
    return Embedder(QUANTIZED_MODEL, compiled=tmp_path_factory.mktemp("compiled"))


@pytest.mark.slow
def test_eight_bits_are_near_the_model(eight_bits: Embedder, plain: Embedder, capsys: pytest.CaptureFixture[str]):
    """Made in 8 bits the model says so, prints nothing, and gives nearly the same vectors, also when opened again."""
    assert "int8" in eight_bits.runs_in
    assert capsys.readouterr().out == ""
    assert eight_bits.fingerprint != plain.fingerprint
    texts = [text for text in TEXTS if len(text) > 40]
    vectors = eight_bits.documents(texts)
    assert (vectors * plain.documents(texts)).sum(axis=1).mean() > 0.99
    again = Embedder(QUANTIZED_MODEL, compiled=eight_bits._compiled_in)
    assert (again.documents(texts) * vectors).sum(axis=1).min() > 0.9998


def test_eight_bits_need_what_makes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where the model in 8 bits cannot be made, the error says what to install, and no other model takes its place."""
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(DossierError, match=r"dossier\[int8\].*DOSSIER_EMBEDDER"):
        Embedder(QUANTIZED_MODEL, compiled=tmp_path / "compiled").queries([QUESTION])
    with pytest.raises(DossierError, match="no folder"):
        Embedder(QUANTIZED_MODEL).queries([QUESTION])
