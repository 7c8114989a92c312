"""What a model learns to write: forms of data, chat templates, packing, parts of a batch."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny
import torch
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
)

import geoframe
from geoframe import ConfigError, DataError
from geoframe_asymlora.config import ModelConfig, TextDataConfig
from geoframe_asymlora.data import load_texts
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.text.causal import IGNORED, packed
from geoframe_asymlora.text.encoding import encode
from geoframe_asymlora.text.objective import FineTuning
from geoframe_asymlora.text.pretrained import open_pretrained

TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'user' %}the {{ m.content }}"
    "{% elif m.role == 'assistant' %}{{ m.content }} [EOS]{% else %}{{ m.content }}{% endif %}"
    " {% endfor %}{% if add_generation_prompt %}was {% endif %}"
)
ANSWERED = TEMPLATE.replace("{{ m.content }} [EOS]", "was {{ m.content }} [EOS]")
CHAT = [
    {"role": "system", "content": "very"},
    {"role": "user", "content": "film"},
    {"role": "assistant", "content": "good"},
    {"role": "user", "content": "story"},
    {"role": "assistant", "content": "bad"},
]


def read(path, **options):
    return load_texts(TextDataConfig(path=path, dataset=None, holdout=0.5, **options))


def write(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_conversations_of_json_and_parquet_are_the_same(tmp_path):
    rows = [{"messages": CHAT}, {"messages": CHAT[:3]}]
    found = read(write(tmp_path / "x.jsonl", rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    assert found.kind == "causal"
    assert read(tmp_path / "x.parquet").fingerprint() == found.fingerprint()
    other = [
        {"conversations": [{"from": "human", "value": "film"}, {"from": "gpt", "value": "good"}]}
    ] * 2
    split = read(write(tmp_path / "share.jsonl", other)).train
    assert split.chats == [(("user", "film"), ("assistant", "good"))]
    parts = [{"role": "user", "content": [{"type": "text", "text": "a"}]}, CHAT[2]]
    split = read(write(tmp_path / "parts.jsonl", [{"messages": parts}] * 2)).train
    assert split.chats[0][0] == ("user", "a")


def test_instructions_and_texts(tmp_path):
    rows = [
        {"instruction": "say it", "input": "film", "output": "good"},
        {"instruction": "say it", "input": "", "output": "bad"},
    ]
    found = read(write(tmp_path / "alpaca.json", rows), separator=" : ")
    pairs = {(split.texts[0], split.seconds[0]) for split in (found.train, found.validation)}
    assert pairs == {("say it : film", "good"), ("say it", "bad")}
    chats = read(tmp_path / "alpaca.json", as_chat=True).train.chats
    assert [role for role, _ in chats[0]] == ["user", "assistant"]
    found = read(write(tmp_path / "only.jsonl", [{"text": "a film"}, {"text": "a story"}]))
    assert (found.kind, found.train.seconds) == ("causal", None)
    (tmp_path / "book.txt").write_text("a film\nwas good\n\n\nthe story\n \n")
    found = read(tmp_path / "book.txt", task="causal")
    assert {*found.train.texts, *found.validation.texts} == {"a film\nwas good", "the story"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"messages": "hello"}, "x.jsonl:1: holds 'hello', not a list of messages"),
        ({"messages": [{"role": "user"}]}, "x.jsonl:1: message 1 is"),
        ({"messages": CHAT[:2]}, "no message is of the role 'assistant'"),
        ({"question": "a"}, "holds nothing to learn to write: expected messages, prompt and"),
    ],
)
def test_what_cannot_be_learned_is_one_line(row, message, tmp_path):
    path = write(tmp_path / "x.jsonl", [row, row])
    with pytest.raises(DataError, match=message):
        read(path, task="causal")


@pytest.fixture
def pretrained(gpt_folder, tmp_path):
    (tmp_path / "chat.jinja").write_text(ANSWERED)
    config = ModelConfig(path=str(gpt_folder), chat_template=tmp_path / "chat.jinja")
    return open_pretrained(config, kind="causal", outputs=1)


def test_answers_are_learned_and_the_rest_is_read(pretrained, tmp_path):
    split = read(write(tmp_path / "x.jsonl", [{"messages": CHAT}] * 2)).train
    data = encode(split, pretrained)
    words = pretrained.tokenizer.convert_ids_to_tokens(data.ids[0])
    assert words == [
        "very",
        "the",
        "film",
        "was",
        "good",
        "[EOS]",
        "the",
        "story",
        "was",
        "bad",
        "[EOS]",
    ]
    learned = [w for w, t in zip(words, data.targets[0].tolist(), strict=True) if t != IGNORED]
    assert learned == ["good", "[EOS]", "bad", "[EOS]"]
    short = open_pretrained(
        ModelConfig(path=pretrained.path, chat_template=tmp_path / "chat.jinja", max_length=4),
        kind="causal",
        outputs=1,
    )
    cut = encode(split, short)
    assert pretrained.tokenizer.convert_ids_to_tokens(cut.ids[0]) == words[-4:]
    pretrained.tokenizer.chat_template = TEMPLATE  # asks with a word that the answer lacks
    with pytest.raises(DataError, match="does not put an answer after what it asks with"):
        encode(split, pretrained)
    pretrained.tokenizer.chat_template = None
    with pytest.raises(DataError, match=r"has no chat template; .* model\.chat_template"):
        encode(split, pretrained)


def test_a_template_that_changes_earlier_answers_teaches_the_last_one(pretrained, tmp_path):
    pretrained.tokenizer.chat_template = ANSWERED.replace(
        "was {{ m.content }} [EOS]", "was {% if loop.last %}very {% endif %}{{ m.content }} [EOS]"
    ).replace("{% if add_generation_prompt %}was {% endif %}",
              "{% if add_generation_prompt %}was very {% endif %}")  # fmt: skip
    split = read(write(tmp_path / "x.jsonl", [{"messages": CHAT}] * 2)).train
    data = encode(split, pretrained)
    ids = data.ids[0][data.targets[0] != IGNORED]
    assert pretrained.tokenizer.convert_ids_to_tokens(ids) == ["bad", "[EOS]"]


def test_a_text_is_learned_whole_in_pieces_of_the_longest_length(gpt_folder, tmp_path):
    config = ModelConfig(path=str(gpt_folder), max_length=4)
    short = open_pretrained(config, kind="causal", outputs=1)
    rows = [{"text": "the film was very good"}] * 2
    data = encode(read(write(tmp_path / "x.jsonl", rows)).train, short)
    assert [len(row) for row in data.ids] == [4, 2]
    assert data.targets[0].tolist() == [IGNORED, *data.ids[0].tolist()[1:]]


def test_packs_hold_every_example_once():
    examples = [([n] * length, [IGNORED] * length) for n, length in enumerate((5, 3, 2, 7, 1, 4))]
    packs, positions = packed(examples, 8)
    assert sorted(token for ids, _ in packs for token in ids) == sorted(
        token for ids, _ in examples for token in ids
    )
    assert all(len(ids) <= 8 for ids, _ in packs)
    assert len(packs) == 3
    for (ids, _), places in zip(packs, positions, strict=True):
        starts = [k for k, place in enumerate(places) if place == 0]
        assert starts == [k for k in range(len(ids)) if k == 0 or ids[k] != ids[k - 1]]


LLAMA = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 24,
    "vocab_size": 32,
    "initializer_range": 0.3,
}


@pytest.fixture(scope="module")
def llama_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("llama")
    torch.manual_seed(2)
    LlamaForCausalLM(LlamaConfig(**LLAMA)).save_pretrained(folder)
    tiny.tokenizer(pairs=False).save_pretrained(folder)
    return folder


def gradients(folder, split, *, packing=False, checkpointing=False, parts=1, **options):
    """Return loss and gradients of all examples as one batch."""
    config = ModelConfig(
        path=str(folder), packing=packing, checkpointing=checkpointing, dropout=0.0
    )
    pretrained = open_pretrained(config, kind="causal", outputs=1)
    data = encode(split, pretrained, " ", packing=packing)
    torch.manual_seed(5)
    adapted = AsymmetricLoRA(rank=2, train="both", zero="B", seed=0, **options)
    model = adapted.attach(pretrained.model()).train()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    objective = FineTuning(model, data, parts=parts)
    loss = objective(torch.arange(len(data)))["loss"]
    loss.backward()
    found = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
    return len(data), loss.detach(), found


def same(first, second):
    assert torch.allclose(first[1], second[1], atol=1e-5)
    assert first[2].keys() == second[2].keys()
    for name, gradient in first[2].items():
        assert torch.allclose(gradient, second[2][name], atol=1e-5), name


@pytest.fixture
def answers(tmp_path):
    rows = [{"prompt": text, "response": "lovely film"} for _, text in tiny.reviews(12)]
    return read(write(tmp_path / "answers.jsonl", rows)).train


@pytest.mark.parametrize("options", [{"packing": True}, {"parts": 3}, {"checkpointing": True}])
@pytest.mark.parametrize("model", ["llama", "gpt"])
def test_packed_accumulated_and_recomputed_gradients_are_the_same(
    model, options, answers, llama_folder, gpt_folder
):
    folder = {"llama": llama_folder, "gpt": gpt_folder}[model]
    plain = gradients(folder, answers)
    other = gradients(folder, answers, **options)
    same(plain, other)
    assert (other[0] < plain[0]) is ("packing" in options)


def test_a_recomputed_block_drops_the_same_numbers(answers, llama_folder):
    plain = gradients(llama_folder, answers, dropout=0.3)
    same(plain, gradients(llama_folder, answers, dropout=0.3, checkpointing=True))


def test_models_and_tasks_that_cannot_be_packed_are_told(answers, bert_folder, tmp_path):
    torch.manual_seed(1)
    config = BloomConfig(hidden_size=16, n_layer=1, n_head=2, vocab_size=32, initializer_range=0.3)
    BloomForCausalLM(config).save_pretrained(tmp_path)
    tiny.tokenizer(pairs=False).save_pretrained(tmp_path)
    with pytest.raises(DataError, match=r"would see one another .* model\.packing = false"):
        gradients(tmp_path, answers, packing=True)
    settings = {
        "model": {"path": str(bert_folder), "packing": True},
        "data": {"path": str(tiny.write_reviews(tmp_path / "x.tsv", 20))},
    }
    with pytest.raises(ConfigError, match=r"model\.packing: .* are read as wholes"):
        geoframe.run_method("asymlora", settings, path=tmp_path / "run")


def test_a_run_names_the_experts_that_it_leaves_out(tmp_path):
    torch.manual_seed(1)
    config = MixtralConfig(**LLAMA, num_local_experts=2, num_experts_per_tok=1)
    MixtralForCausalLM(config).save_pretrained(tmp_path / "mixtral")
    tiny.tokenizer(pairs=False).save_pretrained(tmp_path / "mixtral")
    settings = {
        "model": {"path": str(tmp_path / "mixtral")},
        "data": {
            "path": str(write(tmp_path / "x.jsonl", [{"text": t} for _, t in tiny.reviews(8)]))
        },
        "adapter": {"rank": 2},
        "trainer": {"steps": 1, "epochs": None, "device": "cpu"},
    }
    notes = geoframe.run_method("asymlora", settings, path=tmp_path / "run").results["notes"]
    assert any("(experts.down_proj, experts.gate_up_proj) are one parameter" in n for n in notes)


def test_a_run_learns_from_packed_conversations(llama_folder, tmp_path):
    (tmp_path / "chat.jinja").write_text(ANSWERED)
    rows = [
        {"messages": [CHAT[0], {"role": "user", "content": text}, {**CHAT[2], "content": label}]}
        for label, text in (
            (("lovely" if label == "pos" else "awful"), text) for label, text in tiny.reviews(96)
        )
    ]
    config = {
        "model": {
            "path": str(llama_folder),
            "packing": True,
            "checkpointing": True,
            "parts": 2,
            "chat_template": str(tmp_path / "chat.jinja"),
        },
        "data": {"path": str(write(tmp_path / "chat.jsonl", rows))},
        "adapter": {"rank": 4},
        "trainer": {"epochs": 6, "batch_size": 4, "learning_rate": 0.03, "device": "cpu"},
    }
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    assert run.results["metrics"]["validation_loss"] < 1.5  # 3.5 is that of guessing words
    folder = tmp_path / "out"
    folder.mkdir()
    run.method.export(run, folder)
    assert (folder / "chat_template.jinja").read_text() == ANSWERED
