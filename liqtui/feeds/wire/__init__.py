"""The wire formats of the venues: pure functions from replies to observations."""
