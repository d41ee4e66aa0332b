"""The version of the program; the only place that states it beside pyproject.toml."""

VERSION = "0.1.0"
