"""Servers to compare with, each as one would write it who has only this one page to write.

All speak what the load speaks: at any path of the WebSocket port, ``{"subscribe": CHANNEL}``
follows a channel and every other frame is a message, or an array of messages, for those who
follow; each subscriber gets a frame a message. Over HTTP it is ``POST /api/v1/messages`` and
``GET /api/v1/health``. Each module is a program that says ``ready`` as ``ailoopd`` does.
"""
