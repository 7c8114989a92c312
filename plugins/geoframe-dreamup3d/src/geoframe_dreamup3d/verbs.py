"""The verbs of ``geoframe dreamup3d``: a scene from one image, and scenes made up. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoframe.terminal import complete_runs, say

if TYPE_CHECKING:
    from geoframe_dreamup3d.objects import Completion, Segmenter

UNITS = ("auto", "m", "cm", "mm", "0.1mm")
RUN_HELP = "A finished run whose network separates the objects; by default they are clusters."


@click.group(epilog="\b\nExample:\n  geoframe dreamup3d scene table_color.png -o table")
def dreamup3d() -> None:
    """From one RGB-D image of a table to its objects, and scenes to learn from."""


@dreamup3d.command(
    epilog="\b\nExamples:\n"
    "  geoframe dreamup3d scene table_color.png -o table\n"
    "  geoframe dreamup3d scene table.png --depth d.png --intrinsics camera_info.yaml -o table\n"
    "  geoframe dreamup3d scene scenes.npz --index 3 -o third"
)
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to write."
)
@click.option("--depth", type=click.Path(path_type=Path), help="Depth image, if not found by name.")
@click.option(
    "--intrinsics",
    type=click.Path(path_type=Path),
    help="JSON (fx, fy, cx, cy, or K) or ROS camera_info YAML, if not found by name.",
)
@click.option("--unit", type=click.Choice(UNITS), default="auto", help="Unit of the depth image.")
@click.option("--index", type=click.IntRange(min=0), default=0, help="Which image of several.")
@click.option("--run", type=click.Path(path_type=Path), shell_complete=complete_runs, help=RUN_HELP)
@click.option(
    "--simulate",
    is_flag=True,
    help="Let all fall for a second in MuJoCo; name what moves.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the objects as JSON.")
def scene(
    image: Path,
    output: Path,
    depth: Path | None,
    intrinsics: Path | None,
    unit: str,
    index: int,
    run: Path | None,
    simulate: bool,
    as_json: bool,
) -> None:
    """Find the objects on the table in IMAGE and write a scene for simulators.

    IMAGE is an npz file, a folder, or a colour image with a 16-bit depth image and intrinsics
    beside it. Nothing has to be trained. The folder then holds masks (labels.png, overlay.png), a
    mesh and a URDF per object, scene.xml for MuJoCo, and scene.json with poses, sizes, and how
    well the drawn scene agrees with the measured depth.
    """
    from geoframe.errors import DataError
    from geoframe_data.scene_files import read_scenes
    from geoframe_dreamup3d.objects import describe
    from geoframe_dreamup3d.simulator.files import write_scene
    from geoframe_dreamup3d.table.view import view_of

    scenes = read_scenes(image, depth=depth, intrinsics=intrinsics, unit=unit)
    if index >= len(scenes):
        raise DataError(f"{image}: has {len(scenes)} images; --index counts from 0")
    segment, complete = _finder(run)
    view = view_of(scenes, index)
    found = describe(view, segment, complete, name=scenes.name(index))
    write_scene(output, found)
    for remark in (*scenes.repairs, *view.repairs):
        say(f"Note: {remark}", err=True)
    rows = found.rows()
    if simulate and rows:
        from geoframe_dreamup3d.simulator.rest import simulate as let_fall

        ends = let_fall(output / "scene.xml")
        rows = [
            {**row, "moved": end.moved, "turned": end.turned, "stable": end.stable}
            for row, end in zip(rows, ends, strict=True)
        ]
        for end in ends:
            if not end.stable:
                say(
                    f"Note: object {end.label} does not rest: it moves by "
                    f"{100 * end.moved:.1f} cm and turns {end.turned:.0f} degrees",
                    err=True,
                )
    if as_json:
        from geoframe.terminal import print_json

        print_json(rows)
        return
    if not rows:
        click.echo("Note: nothing stands on the table", err=True)
    else:
        _print(rows)
    say(f"{len(rows)} objects in {sum(found.seconds.values()):.2f} s: {output}", err=True)


@dreamup3d.command(
    epilog="\b\nExample:\n  geoframe dreamup3d match monday_color.png tuesday_color.png"
)
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--run", type=click.Path(path_type=Path), shell_complete=complete_runs, help=RUN_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def match(first: Path, second: Path, run: Path | None, as_json: bool) -> None:
    """Tell which object of the image FIRST is which of SECOND.

    Objects are compared by colours and sizes, which did better than learned codes where we
    measured them on few and colourful models.
    """
    from geoframe.terminal import print_json, print_table
    from geoframe_data.scene_files import read_scenes
    from geoframe_dreamup3d.matching.assignment import assign
    from geoframe_dreamup3d.matching.descriptors import colours_and_extents
    from geoframe_dreamup3d.objects import describe
    from geoframe_dreamup3d.table.view import view_of

    segment, complete = _finder(run)
    found = [describe(view_of(read_scenes(p), 0), segment, complete) for p in (first, second)]
    pairs = []
    if all(each.objects for each in found):
        told = [colours_and_extents(each.view, each.labels, each.objects) for each in found]
        pairs = [
            {
                "first": found[0].objects[i].label,
                "second": found[1].objects[j].label,
                "distance": distance,
            }
            for i, j, distance in assign(*told)
        ]
    if as_json:
        print_json(pairs)
        return
    header = ("first", "second", "distance")
    print_table("Objects known again", header, [tuple(pair.values()) for pair in pairs])


@dreamup3d.command(
    epilog="\b\nExamples:\n"
    "  geoframe dreamup3d generate -n 1000 -o scenes.npz\n"
    "  geoframe dreamup3d generate -n 100 --shapes blobs --shapes my_meshes/ --noise -o scenes.npz"
)
@click.option("-n", "--number", required=True, type=click.IntRange(1, 100_000), help="Scenes.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="An npz file, or a folder for BOP's layout.",
)
@click.option(
    "--shapes",
    multiple=True,
    default=("primitives",),
    show_default=True,
    help="primitives, blobs, or a mesh file, a folder of these, or an npz pack; may be repeated.",
)
@click.option("--size", type=click.IntRange(16, 1024), default=64, help="Pixels of a side.")
@click.option("--least", type=click.IntRange(1, 200), default=2, help="Fewest objects.")
@click.option("--most", type=click.IntRange(1, 200), default=4, help="Most objects.")
@click.option(
    "--touching", type=click.FloatRange(0, 1), default=0.5, help="Share of objects that touch."
)
@click.option("--noise", is_flag=True, help="Errors of a depth sensor.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, help="Seed.")
def generate(
    number: int,
    output: Path,
    shapes: tuple[str, ...],
    size: int,
    least: int,
    most: int,
    touching: float,
    noise: bool,
    seed: int,
) -> None:
    """Make up scenes of objects on a table: colour, depth, masks, poses."""
    from geoframe_data.scene_files.archive import write_npz
    from geoframe_data.scene_files.bop import write_bop
    from geoframe_dreamup3d.generator.collections import shapes_of
    from geoframe_dreamup3d.generator.noise import SensorNoise
    from geoframe_dreamup3d.generator.scenes import SceneOptions
    from geoframe_dreamup3d.generator.scenes import generate as make

    if most < least:
        raise click.UsageError("--most must not be less than --least")
    options = SceneOptions(
        size=size,
        objects=(least, most),
        touching=touching,
        noise=SensorNoise() if noise else None,
    )
    scenes = make(shapes_of(shapes, seed=seed), number, options, seed=seed)
    if output.suffix.lower() == ".npz":
        write_npz(output, scenes)
    else:
        write_bop(output, scenes)
    say(f"{number} scenes: {output}")


def _finder(run: Path | None) -> tuple[Segmenter, Completion]:
    """Return what separates objects and completes them: a finished run, or nothing learned."""
    from geoframe_dreamup3d.classical.clustering import segment_by_distance
    from geoframe_dreamup3d.objects import complete_all

    if run is None:
        return segment_by_distance, complete_all
    from geoframe import RunError, open_run
    from geoframe_dreamup3d.method import DreamUp3D

    opened = open_run(run)
    if not isinstance(opened.method, DreamUp3D):
        raise RunError(f"{run}: is a run of '{opened.method_name}', not of 'dreamup3d'")
    trained = opened.load()
    return trained.backend.segment, trained.backend.complete


def _print(rows: list[dict[str, object]]) -> None:
    from geoframe.terminal import print_table

    header = ("object", "pixels", "x", "y", "z", "size", "confidence")
    print_table(
        "Objects (metres, in the world frame)",
        header,
        [
            (
                row["object"],
                row["pixels"],
                *(f"{row[f'world_{a}']:.3f}" for a in "xyz"),
                " x ".join(f"{row[f'size_{a}']:.3f}" for a in "xyz"),
                f"{row['confidence']:.2f}",
            )
            for row in rows
        ],
    )
