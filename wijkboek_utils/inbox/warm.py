"""What every visitor needs, done once in the process that the others are forked from."""

import ipykernel.ipkernel
import ipykernel.kernelapp
import ipykernel.zmqshell
import ipywidgets
import pandas

from wijkboek_utils import pilots
from wijkboek_utils.inbox import buurten, page
from wijkboek_utils.local import schema

__all__ = ["ipykernel", "ipywidgets", "page", "pandas"]

# Importing this module is how the process is told what to do; nothing else imports it.
for _kind in schema.KINDS:
    schema.load(_kind)
for _pilot in pilots.names():
    buurten.named(_pilot)
    buurten.shapes(_pilot)
