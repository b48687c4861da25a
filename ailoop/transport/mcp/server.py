"""The SDK's server with our tools: checks arguments, runs a tool, words what went wrong.

To add a tool, write a :class:`~ailoop.transport.mcp.tools.Tool` and give it to
:func:`make_server`::

    make_server(whose, tools=(*TOOLS, MINE))
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import orjson
import structlog
from attrs import frozen
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ToolDescription

from ailoop.model.errors import Refusal
from ailoop.transport.mcp.call import Call, Waits
from ailoop.transport.mcp.calls import Calls
from ailoop.transport.mcp.desk import Desk, DeskFault
from ailoop.transport.mcp.tools import TOOLS, Reply, Tool
from ailoop.version import __version__

__all__ = ["Caller", "make_server"]

log = structlog.get_logger()

_SHOWN = 200
"""Characters of a fault of the arguments that are shown."""

_INSTRUCTIONS = """\
These tools reach the person you work for. Ask when you cannot decide by yourself; get \
authorization before anything risky. Only status "approved" is permission. When status is \
"pending", call check_answer with its prompt_id instead of asking again."""


@frozen(kw_only=True)
class Caller:
    """Who calls.

    :param desk: who takes what they ask.
    :param channel: where they ask, unless they say so.
    :param session: tells their requests from those of others.
    :param leaves_by_cancelling: whether a client cancels by going away, so that no other
        reason of going away is known.
    """

    desk: Desk
    channel: str
    session: Hashable = None
    leaves_by_cancelling: bool = False


Whose = Callable[[ServerRequestContext[Any, Any]], Caller]


def make_server(
    whose: Whose,
    *,
    calls: Calls,
    waits: Waits | None = None,
    tools: Sequence[Tool] = TOOLS,
    page: str | None = None,
) -> Server[Any]:
    """Return a server; whatever carries it is the caller's.

    :param whose: finds out who makes a request.
    :param calls: where calls in progress are kept, by the caller's session and their id.
    :param page: where people answer, if that is known before anybody calls.
    """
    # It tells of every request, at a level that the daemon shows.
    logging.getLogger("mcp").setLevel(logging.ERROR)
    patience = waits or Waits()
    by_name = {tool.name: tool for tool in tools}
    validators = {tool.name: Draft202012Validator(tool.input_schema) for tool in tools}

    async def list_tools(
        _: ServerRequestContext[Any, Any], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[_describe(tool) for tool in tools])

    async def call_tool(
        context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        tool = by_name.get(params.name)
        if tool is None:
            return _failed(f"There is no tool {params.name[:_SHOWN]!r}.")
        given = {k: v for k, v in (params.arguments or {}).items() if v is not None}
        problem = next(iter(validators[tool.name].iter_errors(given)), None)
        if problem is not None:
            return _failed(_sentence(problem))
        try:
            caller = whose(context)
            with calls.enter((caller.session, str(context.request_id))) as held:
                call = Call(
                    desk=caller.desk,
                    channel=caller.channel,
                    waits=patience,
                    report=_report_to(context),
                    taken_back=lambda: held.taken_back or caller.leaves_by_cancelling,
                )
                return _succeeded(await tool.run(call, given))
            return _failed("The call was cancelled.")
        except DeskFault as fault:
            return _failed(fault.sentence)
        except Refusal as refusal:
            return _failed(refusal.sentence)
        except Exception:
            log.exception("tool_failed", tool=tool.name)
            return _failed("Something went wrong inside ailoop; it has been logged.")

    where = f"\nThe person answers at {page}" if page else ""
    return Server(
        "ailoop",
        version=__version__,
        title="ailoop",
        instructions=_INSTRUCTIONS + where,
        get_tool_input_schema=lambda name: (
            by_name[name].input_schema if name in by_name else None
        ),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _report_to(context: ServerRequestContext[Any, Any]) -> Any:
    if not context.meta or "progress_token" not in context.meta:
        return None
    return context.session.report_progress


def _describe(tool: Tool) -> ToolDescription:
    return ToolDescription(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output,
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.read_only,
            destructive_hint=False,
            open_world_hint=False,
        ),
    )


def _succeeded(told: dict[str, Any] | Reply) -> CallToolResult:
    reply = told if isinstance(told, Reply) else Reply(orjson.dumps(told).decode(), told)
    return CallToolResult(
        content=[TextContent(type="text", text=reply.text)],
        structured_content=reply.structured,
    )


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def _sentence(problem: Any) -> str:
    """Name the argument, and keep what a model has sent out of it, however long it is."""
    path = ".".join(str(step) for step in problem.absolute_path)
    message = str(problem.message)
    if len(message) > _SHOWN:
        message = f"{message[:_SHOWN]}…"
    return f"{path}: {message}" if path else message
