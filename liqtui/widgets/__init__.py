"""Thin widgets: reactives, component classes and a call into `render`."""
