"""The window: a front end of the facade; nothing in `core` knows it."""
