"""Settings: one TOML file, environment and flags, as frozen values. (See the README for the keys.)"""
