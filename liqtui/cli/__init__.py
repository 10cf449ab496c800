"""Arguments to configuration to engine or viewer: the only place where all parts meet."""
