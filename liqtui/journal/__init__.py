"""What cannot be asked for again, kept on disk: prints, open interest, and what was learned and scored."""
