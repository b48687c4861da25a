"""What every test shares: how Hypothesis runs, and how logs look."""

from __future__ import annotations

import os
import signal

import structlog
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ailoop",
    # A time limit an example would fail on a busy machine; pytest-timeout bounds the whole.
    deadline=None,
    # The clock of a test is one object for all of its examples, each of which runs Trio anew.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("long", settings.get_profile("ailoop"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ailoop"))

# One line for each event: a traceback with every local would bury the test that failed.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()]
)

# A shell starts what it puts in the background with Ctrl-C ignored (POSIX, 2.11), which the
# programs that tests start, and send one, would inherit; nohup does it with SIGHUP.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
