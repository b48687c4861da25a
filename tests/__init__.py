"""The tests: one folder for each folder of ``ailoop``, and the frames of the wire."""
