"""TensorBoard logs of every geoframe run."""
