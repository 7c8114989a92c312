"""Adapters of peft by name: (IA)^3 and VeRA."""

from pathlib import Path

from geoframe import Adapter


class PeftAdapter(Adapter):
    """An adapter of peft on the linear layers that its name matches."""

    kind = ""

    def __init__(self, *, targets: tuple[str, ...] = ("query", "value")) -> None:
        self.targets = targets

    def config(self, model):
        raise NotImplementedError

    def attach(self, model, passes=None):
        from peft import get_peft_model

        self.adapted = get_peft_model(model, self.config(model))
        return self.adapted

    def merge(self):
        return self.adapted.merge_and_unload()

    def save(self, path):
        self.adapted.save_pretrained(path)

    @classmethod
    def load(cls, model, path):
        from peft import PeftModel

        loaded = cls()
        loaded.adapted = PeftModel.from_pretrained(model, Path(path), is_trainable=True)
        return loaded


def names_of_linears(model, wanted):
    from torch import nn

    linears = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    found = [name for name in linears if name.rpartition(".")[2] in wanted]
    return found or linears[:-1] or linears


class IA3(PeftAdapter):
    """(IA)^3: one trained factor for each output of the chosen layers."""

    def config(self, model):
        from peft import IA3Config

        return IA3Config(
            target_modules=names_of_linears(model, self.targets), feedforward_modules=[]
        )


class VeRA(PeftAdapter):
    """VeRA: random low-rank factors that all layers share, and trained scales."""

    def __init__(self, *, targets: tuple[str, ...] = ("query", "value"), rank: int = 4) -> None:
        super().__init__(targets=targets)
        self.rank = rank

    def config(self, model):
        from peft import VeraConfig

        return VeraConfig(r=self.rank, target_modules=names_of_linears(model, self.targets))
