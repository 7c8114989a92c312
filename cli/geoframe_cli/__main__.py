"""``python -m geoframe_cli``, for ``accelerate launch -m geoframe_cli run ...``."""

from geoframe_cli import main

main(prog_name="geoframe")
