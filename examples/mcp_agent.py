"""Ask a person through MCP, as a model's client does; with no daemon, one is started.

It needs ``pip install 'ailoop[mcp]'``. Run it, and answer on the page that it names or with
``ailoop inbox``.
"""

import anyio
from mcp import Client, StdioServerParameters

AILOOP = StdioServerParameters(command="ailoop", args=["mcp", "--channel", "deploys"])


async def main() -> None:
    """Ask for permission, and go on only with it."""
    async with Client(AILOOP, mode="legacy") as client:
        asks = {"action": "deploy to production", "context": {"version": "1.4.2"}}
        told = (await client.call_tool("request_authorization", asks)).structured_content
        while told["status"] == "pending" or told.get("open"):
            print(told["next"])
            again = {"prompt_id": told["prompt_id"]}
            told = (await client.call_tool("check_answer", again)).structured_content
        print(f"{told['status']}: {told.get('reason', told['next'])}")


if __name__ == "__main__":
    anyio.run(main, backend="trio")
