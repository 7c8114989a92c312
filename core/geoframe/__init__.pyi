from .adapter import Adapter as Adapter
from .api import build as build
from .api import open_run as open_run
from .api import run_method as run_method
from .config import MethodConfig as MethodConfig
from .config import component as component
from .config import option as option
from .config import section as section
from .embedder import Embedder as Embedder
from .errors import ConfigError as ConfigError
from .errors import DataError as DataError
from .errors import GeoframeError as GeoframeError
from .errors import PluginError as PluginError
from .errors import RunError as RunError
from .geometry import BilinearForm as BilinearForm
from .geometry import Geometry as Geometry
from .geometry import PartialOrder as PartialOrder
from .geometry import Promise as Promise
from .geometry import TangentMaps as TangentMaps
from .hooks import hookimpl as hookimpl
from .method import Method as Method
from .method import Result as Result
from .sampler import Sampler as Sampler
from .trainer import Objective as Objective
from .trainer import Trainer as Trainer
from .trainer import Training as Training

__version__: str
