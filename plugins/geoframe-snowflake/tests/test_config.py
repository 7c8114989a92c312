import inspect
import subprocess
import sys
from importlib import import_module

import attrs
import pytest

from geoframe_snowflake.config import SnowflakeConfig, SnowflakeV2Config


@pytest.mark.parametrize("config", [SnowflakeConfig, SnowflakeV2Config])
def test_options_and_parameters_agree(config: type) -> None:
    module, name = config.component.split(":")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters
    options = {field.name: field.default for field in attrs.fields(config)}
    assert options == {name: parameter.default for name, parameter in parameters.items()}


def test_the_options_need_no_torch() -> None:
    code = "import sys, geoframe_snowflake.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
