"""The TypeScript package: its types, what is published, its documents."""
