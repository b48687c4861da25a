"""Between the wire and the broker's verbs; nothing here decides about a prompt."""
