"""YAML and environment become frozen settings; every fault is told with its place."""

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.loading import load_settings, read_document
from gateway.config.located import Located, load
from gateway.config.processes import ProcessDefaults, load_processes
from gateway.config.secrets import master_key
from gateway.config.settings import Settings
from gateway.config.validation import validate

__all__ = [
    "ConfigurationError",
    "Fault",
    "Located",
    "ProcessDefaults",
    "Settings",
    "load",
    "load_processes",
    "load_settings",
    "master_key",
    "read_document",
    "validate",
]
