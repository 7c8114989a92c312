"""Models of users: heads, tokenizers, positions, and what cannot be used."""

import json
import shutil

import pytest
import tiny
import torch
from peft import PeftModel
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForSequenceClassification,
    BartConfig,
    BertModel,
    DebertaV2Config,
    DistilBertConfig,
    GPT2Config,
    LlamaConfig,
    RobertaConfig,
    XLNetConfig,
)

from geoframe import ConfigError, DataError
from geoframe_asymlora.config import ModelConfig
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.rounding import round_frozen
from geoframe_asymlora.lora.targets import find_modules, output_heads
from geoframe_asymlora.text.causal import IGNORED
from geoframe_asymlora.text.encoding import encode
from geoframe_asymlora.text.pretrained import open_pretrained
from geoframe_data import Split

BERT_LIKE = {
    "hidden_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "vocab_size": 32,
}
MODELS = [
    (DistilBertConfig(dim=24, n_layers=1, n_heads=2, hidden_dim=32, vocab_size=32, dropout=0.0),
     ("pre_classifier", "classifier")),
    (RobertaConfig(**BERT_LIKE, max_position_embeddings=16), ("classifier",)),
    (DebertaV2Config(**BERT_LIKE), ("pooler", "classifier")),
    (XLNetConfig(d_model=24, n_layer=1, n_head=2, d_inner=32, vocab_size=32),
     ("sequence_summary", "logits_proj")),
    (GPT2Config(n_embd=24, n_layer=1, n_head=2, vocab_size=32, bos_token_id=4, eos_token_id=4,
                pad_token_id=0), ("score",)),
    (LlamaConfig(**BERT_LIKE, pad_token_id=0), ("score",)),
    (BartConfig(d_model=24, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, vocab_size=32),
     ("classification_head",)),
]  # fmt: skip


@pytest.mark.parametrize(("config", "heads"), MODELS, ids=lambda each: type(each).__name__)
def test_the_whole_new_head_is_trained_and_exported(config, heads, tmp_path):
    def model():
        torch.manual_seed(0)
        return AutoModelForSequenceClassification.from_config(config).eval()

    assert output_heads(model()) == heads
    adapter = AsymmetricLoRA(rank=2)
    adapted = adapter.attach(model())
    for name, parameter in adapted.named_parameters():
        own = any(f".{head}.modules_to_save." in name for head in heads)
        assert parameter.requires_grad is (own or ".lora_B" in name), name
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    ids = torch.tensor([[5, 6, 7, 2], [8, 9, 7, 2]])  # 2 ends a text for BART
    with torch.no_grad():
        expected = adapted(input_ids=ids).logits
        adapter.export(tmp_path)
        plain = PeftModel.from_pretrained(model(), str(tmp_path)).eval()
        assert torch.allclose(plain(input_ids=ids).logits, expected, atol=1e-6)
        merged = adapter.merge()
        assert torch.allclose(merged(input_ids=ids).logits, expected, atol=1e-6)


def opened(folder, kind="classification", **options):
    return open_pretrained(ModelConfig(path=str(folder), **options), kind=kind, outputs=2)


def test_examples_are_cut_to_the_models_positions(bert_folder, tmp_path):
    pretrained = opened(bert_folder)
    assert pretrained.max_length == 32  # of 128
    assert opened(bert_folder, max_length=7).max_length == 7
    data = encode(Split(texts=["the film " * 90, ""], targets=[0, 1]), pretrained)
    assert data.lengths().tolist() == [32, 2]
    pretrained.model()(**data.batch([0, 1], torch.device("cpu")))
    config = RobertaConfig(**BERT_LIKE, max_position_embeddings=16, pad_token_id=1)
    config.save_pretrained(tmp_path)
    tiny.tokenizer(pairs=False).save_pretrained(tmp_path)
    assert opened(tmp_path).max_length == 14


def test_an_empty_text_has_one_token(gpt_folder):
    data = encode(Split(texts=["", "the film"], targets=[0, 1]), opened(gpt_folder))
    assert data.lengths().tolist() == [1, 2]


def test_a_folder_without_tokenizer(tmp_path):
    BertModel(tiny.bert_config()).save_pretrained(tmp_path)
    with pytest.raises(DataError, match="holds no tokenizer"):
        opened(tmp_path)


def test_an_encoder_writes_no_text(bert_folder, gpt_folder):
    with pytest.raises(DataError, match="is no causal model"):
        opened(bert_folder, "causal").model()
    assert opened(gpt_folder, "causal").model().training


def chat(pretrained, *pairs):
    prompts, responses = zip(*pairs, strict=True)
    return encode(Split(texts=prompts, seconds=responses), pretrained, " ")


def test_prompts_begin_as_the_tokenizer_begins_texts(gpt_folder, tmp_path):
    pretrained = opened(gpt_folder, "causal", max_length=6)
    plain = chat(pretrained, ("the film was", "good"))
    inner = pretrained.tokenizer.backend_tokenizer
    inner.post_processor = TemplateProcessing(
        single="[EOS] $A", special_tokens=[("[EOS]", pretrained.tokenizer.eos_token_id)]
    )
    pretrained.tokenizer.bos_token = "[EOS]"
    begun = chat(pretrained, ("the film was", "good"), ("the " * 9, "good"), ("", "good " * 9))
    start = pretrained.tokenizer.bos_token_id
    assert begun.ids[0].tolist() == [start, *plain.ids[0].tolist()]
    assert begun.targets[0].tolist() == [IGNORED, *plain.targets[0].tolist()]
    assert [len(row) for row in begun.ids] == [6, 6, 5]
    assert all(row[0] == start for row in begun.ids)


def test_a_response_needs_something_to_learn(gpt_folder):
    pretrained = opened(gpt_folder, "causal")
    end = pretrained.tokenizer.eos_token_id
    assert chat(pretrained, ("the film", "")).targets[0].tolist() == [IGNORED, IGNORED, end]
    assert chat(pretrained, ("", "good")).ids[0][0] == end
    pretrained.tokenizer.eos_token = None
    with pytest.raises(DataError, match=r"'the film' \(example 1\) has an empty response"):
        chat(pretrained, ("the film", ""))


def test_names_that_match_nothing_are_told():
    for options, message in (
        ({"targets": ("qurey",)}, r"targets: no layer matches 'qurey'; did you mean 'query'\?"),
        ({"ranks": {"vlaue": 2}}, r"ranks: no layer matches 'vlaue'; did you mean 'value'\?"),
        ({"trained": ("poler",)}, r"trained: no layer matches 'poler'; did you mean 'pooler'\?"),
    ):
        with pytest.raises(ConfigError, match=message):
            AsymmetricLoRA(rank=2, **options).attach(tiny.bert())
    with pytest.raises(ConfigError, match="name at least one layer"):
        AsymmetricLoRA(targets=())


def test_a_module_trained_in_full_has_no_adapter():
    model = tiny.bert()
    assert find_modules(model, ["pooler"]) == ("bert.pooler",)
    adapted = AsymmetricLoRA(rank=2, trained=("pooler",)).attach(model)
    own = {name for name, p in adapted.named_parameters() if p.requires_grad and "pooler" in name}
    assert {name.rpartition(".")[2] for name in own} == {"weight", "bias"}
    assert len(own) == 2


@pytest.mark.parametrize("precision", ["bf16", "float32"])
def test_rounding_frozen_weights_changes_no_product(precision, gpt_folder):
    def losses(rounded: bool) -> list[torch.Tensor]:
        model = opened(gpt_folder, "causal", dropout=0.0).model()
        pretrained = list(model.modules())
        adapted = AsymmetricLoRA(rank=2, seed=0).attach(model)
        if rounded:
            round_frozen(pretrained, precision)
        kinds = {p.dtype for name, p in adapted.named_parameters() if "c_attn.base" in name}
        assert kinds == {torch.bfloat16 if rounded and precision == "bf16" else torch.float32}
        # The output layer is the embedding too, and factors are none of the model's weights.
        assert adapted.get_input_embeddings().weight.dtype == torch.float32
        assert {p.dtype for n, p in adapted.named_parameters() if ".lora_" in n} == {torch.float32}
        ids = torch.tensor([[5, 6, 7, 8]])
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = adapted(input_ids=ids, labels=ids).loss
        loss.backward()
        gradients = [p.grad for p in adapted.parameters() if p.grad is not None]
        assert gradients
        return [loss.detach(), *gradients]

    for ours, plain in zip(losses(True), losses(False), strict=True):
        assert torch.equal(ours, plain)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        (None, False),
        ('{"pooling_mode_mean_tokens": true}', True),
        ('{"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true}', False),
        ("[]", False),
        ("no JSON", False),
    ],
)
def test_a_sentence_embedder_is_known_by_its_pooling(bert_folder, tmp_path, pooling, expected):
    folder = shutil.copytree(bert_folder, tmp_path / "model")
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(pooling)
    model = ModelConfig(path=str(folder))
    found = open_pretrained(model, kind="classification", outputs=2)
    assert found.mean_pooled is expected


def test_a_head_of_another_size_is_replaced_and_told(tmp_path):
    torch.manual_seed(1)
    tiny.BertForSequenceClassification(tiny.bert_config(num_labels=3)).save_pretrained(tmp_path)
    tiny.tokenizer(pairs=True).save_pretrained(tmp_path)
    pretrained = opened(tmp_path)
    assert pretrained.replaced == 3
    assert pretrained.model().classifier.weight.shape == (2, 24)
    same = open_pretrained(ModelConfig(path=str(tmp_path)), kind="classification", outputs=3)
    assert same.replaced is None


def test_a_tokenizer_without_padding_and_end_is_refused_where_a_head_needs_them(tmp_path):
    torch.manual_seed(1)
    tiny.save_gpt(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    options = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in options.items() if k[:3] not in ("pad", "eos")}))
    with pytest.raises(DataError, match="neither a padding nor an end token"):
        opened(tmp_path).model()
    assert opened(tmp_path, head="mean").model() is not None
