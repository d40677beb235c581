"""The REST door: the hub's interface v1 over HTTP. It authenticates, parses, calls one service and renders."""
