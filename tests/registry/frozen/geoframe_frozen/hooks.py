"""The hooks, some of them with fewer arguments than there are."""

from geoframe import hookimpl

geoframe_api = 1
seen: list[str] = []


@hookimpl
def geoframe_run_started(run):
    seen.append(f"started {run.method_name}")


@hookimpl
def geoframe_metrics(values, step):
    if step == 1:
        seen.append(f"measured {sorted(values)}")


@hookimpl
def geoframe_run_finished(run, result):
    seen.append(f"finished after {result.metrics['steps']}")


@hookimpl
def geoframe_run_failed(error):
    seen.append(f"failed with {type(error).__name__}")
