"""From YAML files to a desired state: load, interpolate, validate, compose."""
