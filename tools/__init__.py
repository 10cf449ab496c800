"""Programs for those who work on liqtui."""
