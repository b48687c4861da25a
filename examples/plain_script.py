"""Delete old files if a person agrees: a script without an event loop.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox``. Ctrl-C withdraws the
question.
"""

import sys

from ailoop.sync import AiloopClient, fail_after


def main() -> int:
    """Return 0 if the files were deleted, 1 if they stay."""
    with AiloopClient(role="agent") as client:
        try:
            with fail_after(600):
                answer = client.ask(
                    "disk", "How many days to keep?", choices=["30", "90"], timeout=0
                )
                days = answer.content.answer or "90"
                approval = client.authorize("disk", f"delete what is older than {days} days")
        except TimeoutError:
            print("nobody decided in ten minutes", file=sys.stderr)
            return 1
        if not approval:
            print(f"nothing deleted: {approval.reason or 'denied'}", file=sys.stderr)
            return 1
        print(f"find /var/cache/example -mtime +{days} -delete")
        client.say("disk", "Deleted.", priority="low")
    return 0


if __name__ == "__main__":
    sys.exit(main())
