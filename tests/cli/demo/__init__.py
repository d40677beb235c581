"""The demo's parts, and the demo itself."""
