"""The SFTP door: sessions, virtual tree and gestures become service calls."""
