"""The REST door, through a real client on a real port."""
