"""The inbox and the direct mode on a whole terminal.

What a person decides by is kept apart from what draws it: :mod:`.entry`, :mod:`.board`,
:mod:`.bell`, :mod:`.news` and :mod:`.link` know no terminal, the views above them keep nothing,
and :mod:`.stage` alone touches the terminal's modes. Loaded only when a screen is shown.
"""
