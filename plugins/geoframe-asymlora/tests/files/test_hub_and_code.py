"""Model folders run no code, and a hub that does not answer is told at once in one line."""

import json
import shutil
import time

import huggingface_hub
import pytest
import torch

from geoframe import DataError
from geoframe_asymlora.config import ModelConfig
from geoframe_asymlora.files.hub import only_stored
from geoframe_asymlora.text.pretrained import open_pretrained


def opened(path):
    return open_pretrained(ModelConfig(path=str(path)), kind="classification", outputs=2)


def test_pickled_weights_are_refused_with_the_remedy(bert_folder, tmp_path):
    folder = tmp_path / "pickled"
    shutil.copytree(bert_folder, folder)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"pickled weights are never loaded.*save_pretrained"):
        opened(folder)


@pytest.mark.parametrize("kind", ["bert", "nobody-knows-this"])
def test_code_of_a_model_folder_is_never_run_nor_asked_about(bert_folder, tmp_path, kind):
    folder = tmp_path / "coded"
    shutil.copytree(bert_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": kind, "auto_map": {"AutoConfig": "trap.C", "AutoModel": "trap.M"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trap.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    if kind == "bert":  # transformers' own class is taken
        assert opened(folder).model() is not None
    else:
        with pytest.raises(DataError, match="no usable transformers model: "):
            opened(folder)
    assert not (tmp_path / "ran").exists()


def test_a_hub_that_cannot_be_reached_is_told_at_once(monkeypatch):
    def unreachable(self, name, timeout):
        raise ConnectionRefusedError

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unreachable)
    started = time.monotonic()
    with pytest.raises(DataError) as caught:
        only_stored("nobody/nothing-here")
    assert time.monotonic() - started < 1
    assert "the hub cannot be reached" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_neither_folder_nor_name_on_the_hub():
    with pytest.raises(DataError, match="no folder and no name on the hub"):
        only_stored("../no such folder/at all")
