"""What forked processes do in test_engine.py; quick to import."""

import json
import os
import sys
import time


def sleep(link, how) -> None:
    """Do nothing for long."""
    time.sleep(600)


def leave(link, how) -> None:
    """End with a code, or by a signal when it is negative."""
    if how["how"] > 0:
        sys.exit(how["how"])
    os.kill(os.getpid(), -how["how"])


def say(link, how) -> None:
    """Say over the socket what was asked."""
    link.sendall(json.dumps(how["n"]).encode())
