"""Thin widgets: reactives, looks of the theme and a call into `render`."""
