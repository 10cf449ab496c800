"""The headless loop: asks feeds, feeds the model, yields snapshots."""
