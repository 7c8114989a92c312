"""The verb ``geoframe asymlora``: what can be done with adapters on disk. Torch-free at import."""

from __future__ import annotations

from pathlib import Path

import click

import geoframe


@click.group(
    epilog="\b\nExample:\n  geoframe asymlora similarity runs/asymlora/* --run-dir runs/alike"
)
def asymlora() -> None:
    """Compare, combine and export LoRA adapters on disk, and look at what modes would cost."""


FILE = click.Path(path_type=Path)


@asymlora.command()
@click.argument("adapters", nargs=-1, required=True, type=FILE)
@click.option("--name", "names", multiple=True, help="Name of an adapter, in the same order.")
@click.option("--run-dir", type=FILE, help="Where the report goes. Default: as geoframe run does.")
def similarity(adapters: tuple[Path, ...], names: tuple[str, ...], run_dir: Path | None) -> None:
    """Compare ADAPTERS, any LoRA files, by the canonical correlations of their factors."""
    from geoframe.api import run_method

    config = {"adapters": [str(path) for path in adapters], "names": list(names)}
    run = run_method("lora-similarity", config, path=run_dir)
    from geoframe_asymlora.fit import render

    results = run.results
    rows = [
        {name: f"{value:.3f}" if isinstance(value, float) else value for name, value in row.items()}
        for row in results["tables"]["pairs"]
    ]
    metrics = results["metrics"]
    click.echo(render(rows))
    click.echo(f"Random: A {metrics['a_random']:.3f}, B {metrics['b_random']:.3f}")
    click.echo(f"Report: {run.path / 'report.html'}")


@asymlora.command()
@click.argument("adapters", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", required=True, type=FILE, help="New folder for the result.")
@click.option("--weight", "weights", multiple=True, type=float, help="One for each adapter.")
@click.option("--without-heads", is_flag=True, help="Leave out modules that were trained in full.")
def combine(
    adapters: tuple[Path, ...], output: Path, weights: tuple[float, ...], without_heads: bool
) -> None:
    """Add ADAPTERS with the same frozen factor, exactly; without weights, average them."""
    from geoframe_asymlora.files.adapter_file import read_adapter
    from geoframe_asymlora.lora.arithmetic import combine as combined

    _check_new(output)
    chosen = weights or tuple(1 / len(adapters) for _ in adapters)
    loaded = [read_adapter(path) for path in adapters]
    combined(loaded, chosen, with_heads=not without_heads).save_compact(output)
    click.echo(output)


@asymlora.command()
@click.argument("adapter", type=FILE)
@click.option("-o", "--output", required=True, type=FILE, help="New folder for the result.")
@click.option("--kohya", metavar="PREFIX", help="One file of kohya's names, e.g. lora_te_.")
def export(adapter: Path, output: Path, kohya: str | None) -> None:
    """Write ADAPTER, a compact one, as a plain peft adapter; the model is not needed."""
    from geoframe_asymlora.files.adapter_file import read_adapter
    from geoframe_asymlora.files.export import export_peft
    from geoframe_asymlora.files.kohya import export_kohya

    _check_new(output)
    if kohya is not None:
        output.mkdir(parents=True, exist_ok=True)
        click.echo(export_kohya(read_adapter(adapter), output / "lora.safetensors", kohya))
        return
    for path in export_peft(read_adapter(adapter), output):
        click.echo(path)


@asymlora.command()
@click.option("--config", type=FILE, help="The TOML file of geoframe run asymlora.")
@click.option("--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Replace one.")
def memory(config: Path | None, overrides: tuple[str, ...]) -> None:
    """Print trained parameters and saved activations of every mode for a config; train nothing."""
    from geoframe.config import TomlTable, apply_overrides, load_toml, parse_override

    table = load_toml(config) if config else TomlTable({})
    options = geoframe.configure("asymlora", apply_overrides(table, map(parse_override, overrides)))
    from geoframe_asymlora.data import load_texts
    from geoframe_asymlora.fit import cost_table, render
    from geoframe_asymlora.text.task import open_task

    click.echo(render(cost_table(options, open_task(options, load_texts(options.data)))))


def _check_new(folder: Path) -> None:
    from geoframe.errors import GeoframeError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise GeoframeError(f"{folder}: is not empty; name a new folder")
