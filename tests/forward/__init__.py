"""``ailoop forward``: what agents print, as it reaches people."""
