"""The outside world, turned into `model.market` values."""
