"""Tests of the daemon as a process: settings, signals, logs."""
