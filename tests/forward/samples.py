"""Lines as agents write them, made up in their true shapes."""

from __future__ import annotations

from typing import Any

import orjson

SESSION = "3f0c1c9e-5d1f-4a55-9d0e-0a9d6f2f4b11"


def stream(*values: Any) -> bytes:
    """Write values as lines."""
    return b"".join(orjson.dumps(value) + b"\n" for value in values)


def claude(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "session_id": SESSION, "uuid": "u-1", **members}


def claude_says(*blocks: Any, role: str = "assistant") -> dict[str, Any]:
    message = {
        "id": "msg_01",
        "type": "message",
        "role": role,
        "model": "claude-opus-4-5",
        "content": list(blocks),
        "stop_reason": None,
        "usage": {"input_tokens": 4, "output_tokens": 9},
    }
    return claude(role, message=message, parent_tool_use_id=None)


CLAUDE = [
    claude(
        "system",
        subtype="init",
        cwd="/home/ann/shop",
        tools=["Bash", "Read"],
        mcp_servers=[{"name": "db", "status": "connected"}],
        model="claude-opus-4-5",
        permissionMode="default",
        apiKeySource="none",
        slash_commands=["compact"],
    ),
    claude_says(
        {"type": "thinking", "thinking": "The test fails.", "signature": "Eq=="},
        {"type": "text", "text": "I run the tests."},
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "Bash",
            "input": {"command": "pytest -q", "description": "Run the tests"},
        },
    ),
    claude_says(
        {
            "type": "tool_result",
            "tool_use_id": "toolu_1",
            "content": [{"type": "text", "text": "1 failed"}, {"type": "image", "source": {}}],
            "is_error": True,
        },
        role="user",
    ),
    claude("stream_event", event={"type": "content_block_delta", "delta": {"text": "I"}}),
    claude("system", subtype="compact_boundary", compact_metadata={"trigger": "auto"}),
    claude(
        "result",
        subtype="success",
        is_error=False,
        duration_ms=4200,
        duration_api_ms=3900,
        num_turns=3,
        result="Fixed.",
        total_cost_usd=0.0125,
        usage={"input_tokens": 10},
        permission_denials=[],
    ),
]


def cursor(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "session_id": SESSION, **members}


def cursor_tool(subtype: str, call: dict[str, Any]) -> dict[str, Any]:
    return cursor(
        "tool_call", subtype=subtype, call_id="call_1\nfc_1", tool_call=call, timestamp_ms=1
    )


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


SHELL = {"command": "npm test", "workingDirectory": "", "simpleCommands": ["npm"]}

CURSOR = [
    cursor(
        "system",
        subtype="init",
        apiKeySource="login",
        cwd="/home/ann/shop",
        model="Auto",
        permissionMode="default",
    ),
    cursor("user", message={"role": "user", "content": [{"type": "text", "text": "fix it"}]}),
    cursor("thinking", subtype="delta", text="Let me ", timestamp_ms=1),
    cursor("thinking", subtype="delta", text="look.", timestamp_ms=2),
    cursor("thinking", subtype="completed", timestamp_ms=3),
    cursor("assistant", message=said("I "), timestamp_ms=4),
    cursor("assistant", message=said("I run it."), timestamp_ms=5, model_call_id="m-1"),
    cursor_tool("started", {"shellToolCall": {"args": SHELL}}),
    cursor_tool(
        "completed",
        {
            "shellToolCall": {
                "args": SHELL,
                "result": {
                    "success": {
                        "command": "npm test",
                        "exitCode": 1,
                        "stdout": "2 failed",
                        "stderr": "npm ERR!",
                        "executionTime": 1500,
                    },
                    "isBackground": False,
                },
            }
        },
    ),
    cursor_tool(
        "completed",
        {
            "readToolCall": {
                "args": {"path": "a.js"},
                "result": {"success": {"content": "let a", "totalLines": 1, "isEmpty": False}},
            }
        },
    ),
    cursor_tool(
        "completed",
        {"editToolCall": {"args": {"path": "b"}, "result": {"rejected": {"reason": "no"}}}},
    ),
    cursor_tool(
        "started", {"mcpToolCall": {"args": {"toolName": "lookup", "args": {"query": "x"}}}}
    ),
    cursor_tool("started", {"function": {"name": "grep", "arguments": '{"pattern":"x"}'}}),
    cursor(
        "result",
        subtype="success",
        duration_ms=900,
        duration_api_ms=900,
        is_error=False,
        result="Done it.",
        request_id="r-1",
    ),
]


def opencode(kind: str, **part: Any) -> dict[str, Any]:
    whole = {"id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1", **part}
    return {"type": kind, "timestamp": 1767036059338, "sessionID": "ses_1", "part": whole}


OPENCODE = [
    opencode("step_start", type="step-start", snapshot="ab12"),
    opencode("reasoning", type="reasoning", text="Hm.", time={"start": 1, "end": 2}),
    opencode(
        "tool_use",
        type="tool",
        callID="call_1",
        tool="bash",
        state={
            "status": "completed",
            "input": {"command": "ls", "description": "List"},
            "output": "a.py\n",
            "title": "List files",
            "metadata": {"exit": 0},
            "time": {"start": 1000, "end": 1250},
        },
    ),
    opencode(
        "tool_use",
        type="tool",
        callID="call_2",
        tool="read",
        state={"status": "error", "input": {"filePath": "/x"}, "error": "no such file"},
    ),
    opencode("step_finish", type="step-finish", reason="tool-calls", cost=0.001),
    opencode("text", type="text", text="Here it is.", time={"start": 1, "end": 2}),
    opencode(
        "step_finish",
        type="step-finish",
        reason="stop",
        cost=0.002,
        tokens={"input": 1, "output": 2, "cache": {"read": 0, "write": 0}},
    ),
    {
        "type": "error",
        "timestamp": 1,
        "sessionID": "ses_1",
        "error": {"name": "APIError", "data": {"message": "overloaded", "statusCode": 529}},
    },
]
