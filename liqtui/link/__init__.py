"""How a viewer hears an engine."""
