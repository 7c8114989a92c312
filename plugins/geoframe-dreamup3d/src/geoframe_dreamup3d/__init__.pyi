from .estimator import SceneParser as SceneParser
