"""Ordered schema steps, each frozen once it is released; `migrate.STEPS` names them."""
