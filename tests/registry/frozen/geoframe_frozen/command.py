"""The verb."""

import click


@click.command()
@click.option("--degrees", type=int, default=1)
def thaw(degrees: int) -> None:
    """Warm it up."""
    click.echo(f"warmer by {degrees}")
