"""Other people's agents: their own ways to ask for a person, answered by way of ailoop."""
