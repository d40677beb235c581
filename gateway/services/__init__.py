"""The verbs of the gateway, one module each."""
