"""A bare route of Quart-Trio on Hypercorn: JSON in, the same JSON out."""

from __future__ import annotations

import orjson
from quart import Response, request
from quart_trio import QuartTrio

from benchmarks.peers.hypercorn_main import run

app = QuartTrio(__name__)


@app.get("/api/v1/health")
async def health() -> Response:
    """Tell that it is up."""
    return Response(orjson.dumps({"status": "healthy"}), content_type="application/json")


@app.post("/api/v1/messages")
async def post() -> Response:
    """Return what has been posted."""
    value = orjson.loads(await request.get_data())
    return Response(orjson.dumps(value), 201, content_type="application/json")


if __name__ == "__main__":
    run(app)
