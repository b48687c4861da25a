"""Who may do what: credentials, the providers that know them, grants on channels."""
