"""The schemas of the daemon's OpenAPI document as TypeScript.

``python -m tests.typescript.openapi`` writes them anew to ``typescript/tests/openapi.d.ts``.
The file is committed, and a test holds it against the daemon, for two reasons: ``tsc`` alone,
without a daemon, proves the client's own types by it; and a change of the wire shows in it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson

from ailoop.model.limits import MessageLimits
from ailoop.transport.rest.openapi import openapi_document

__all__ = ["COMMITTED", "TYPESCRIPT", "generated"]

TYPESCRIPT = Path(__file__).resolve().parents[2] / "typescript"
COMMITTED = TYPESCRIPT / "tests" / "openapi.d.ts"


def generated() -> str:
    """Return the types of what travels."""
    whole = openapi_document(MessageLimits())
    schemas = {"schemas": whole["components"]["schemas"]}
    document = {
        "openapi": whole["openapi"],
        "info": {"title": "ailoop", "version": "0"},  # another version is no other document
        "paths": {},
        "components": schemas,
    }
    # A default is for what comes in; what it makes of what goes out, `openapi.ts` says.
    flags = ("--default-non-nullable=false", "--root-types=false")
    done = subprocess.run(
        ["node", TYPESCRIPT / "node_modules/openapi-typescript/bin/cli.js", *flags],
        input=orjson.dumps(document),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


if __name__ == "__main__":
    COMMITTED.write_text(generated())
