"""Notebooks that do what notebooks should not, each cell with its name; for test_engine.py.

A cell whose name begins with "fout" may raise. Cells of one notebook run in one process, in order.
"""

OUTPUT = {
    "100 000 lines": "for n in range(100_000):\n    print(n)",
    "one line of 5 MB": "import sys\nwritten = sys.stdout.write('x' * 5_000_000)",
    "1000 flushes": "for n in range(1_000):\n    print(n, flush=True)",
    "stderr": "print('uit'); print('fout', file=sys.stderr); print('uit')",
    "slowly": "import time\nfor n in range(8):\n    print(n)\n    time.sleep(0.07)",
    "subprocess": """
import subprocess
subprocess.run(["sh", "-c", "echo uit"])
time.sleep(0.3)""",
    "subprocess to stderr": "subprocess.run(['sh', '-c', 'echo fout >&2'])\ntime.sleep(0.3)",
    "os.write": "import os\nos.write(1, 'rechtstreeks é\\n'.encode())\ntime.sleep(0.3)",
    "more than a pipe holds": "os.write(1, b'y' * 200_000)\ntime.sleep(0.7)",
    "sys.__stdout__": "print('onder', file=sys.__stdout__, flush=True)\ntime.sleep(0.3)",
    "os.system": "os.system('echo systeem')\ntime.sleep(0.3)",
    "shell": "!echo schil; echo fout >&2",
    "lines of a shell": "lines = !printf 'a\\nb'\nlines",
    "bash": "%%bash\necho bash",
    "warning": "import warnings\nwarnings.warn('let op', stacklevel=1)",
    "logging": """
import logging
logging.warning("gewaarschuwd")
logging.getLogger("een").error("fout %s", 1)""",
    "capture": "%%capture held\nprint('gevangen')",
    "captured": "held.stdout",
    "redirected": """
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as kept:
    print("weg")
kept.getvalue()""",
    "progress": """
from tqdm import tqdm
for _ in tqdm(range(3), bar_format="{n}", mininterval=0):
    pass""",
    "what a stream is": """
(sys.stdout.encoding, sys.stdout.isatty(), type(sys.stdout.fileno()), sys.stdin.read(),
 type(sys.stderr).__mro__[-4:], sys.__stdout__.encoding, sys.stdout.writable())""",
}

DISPLAYS = {
    "rich": """
import base64
from IPython.display import HTML, JSON, Image, Markdown, SVG, Latex, Javascript, display
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
                       "DwAChwGA60e6kgAAAABJRU5ErkJggg==")
display(HTML("<b>é</b>"), Markdown("*a*"), JSON({"a": [1]}), Image(DOT), Latex("$x$"),
        SVG("<svg/>"), Javascript("1"), metadata={"a": 1})""",
    "raw": "display({'text/plain': 'a', 'text/x-own': 'z'}, raw=True)",
    "pandas": "import pandas as pd\npd.DataFrame({'a': [1, None], 'b': ['x', '<y>']})",
    "styled": "pd.DataFrame({'a': [1]}).style.set_uuid('u').set_caption('t')",
    "pandas options": "pd.options.display.max_rows = 4\npd.DataFrame({'a': range(30)})",
    "result and output": "print('eerst')\ndisplay(1)\nprint('dan')\n'laatst'",
    "quiet": "1;",
    "last expressions": "from IPython import get_ipython\n"
    "get_ipython().ast_node_interactivity = 'all'",
    "all expressions": "1\n2",
    "last expression again": "get_ipython().ast_node_interactivity = 'last_expr'",
    "display id": """
shown = display("een", display_id="plaats")
display("twee", display_id="ander")
shown.update("drie")""",
    "display updated by a later cell": "from IPython.display import update_display\n"
    "update_display('vier', display_id='plaats')\nprint('bijgewerkt')",
    "clear at once": """
from IPython.display import clear_output
print("weg"); clear_output(); print("blijft")""",
    "clear and wait": "print('weg'); clear_output(wait=True); print('blijft')",
    "clear and nothing": "print('blijft'); clear_output(wait=True)",
    "clear displays": "display('a', display_id='c'); clear_output()\n"
    "display('b', display_id='c'); update_display('d', display_id='c')",
    "figure": """
import matplotlib.pyplot as plt
import numpy as np
plt.plot([1, 3, 2])""",
    "two figures": """
for n in range(2):
    plt.figure(figsize=(2, 1)); plt.bar([1, 2], [n, 2])
plt.show()
figure, axes = plt.subplots(figsize=(1, 1))""",
    "backend": "%matplotlib inline\nimport matplotlib; matplotlib.get_backend()",
    "as svg": "%config InlineBackend.figure_formats = ['svg']\n"
    "matplotlib.rcParams['svg.hashsalt'] = 'a'",
    "figure as svg": "plt.figure(figsize=(1, 1)); plt.plot([1, 2]); plt.show()",
    "retina": "%config InlineBackend.figure_formats = ['retina']\nplt.figure(figsize=(1, 1));",
    "matplotlib options": "plt.rcParams['lines.linewidth'] = 9; plt.rcParams['lines.linewidth']",
    "fout repr": "class A:\n    def __repr__(self): raise ValueError('repr')\nA()",
    "fout html": "class B:\n    def _repr_html_(self): raise ValueError('html')\nB()",
    "fout str": "class C:\n    def __str__(self): raise ValueError('str')\nprint(C())",
    "not of an object": "class D:\n    def _repr_png_(self): return 3\n"
    "    def __repr__(self): return 'D'\nD()",
    "slider": "import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider",
    "slider moved": "slider.value = 5\nslider.value",
    "image widget": "ipywidgets.Image(value=b'\\x00\\xff')",
    "output widget": """
out = ipywidgets.Output()
display(out)
with out:
    print("in het vak")
    display("ook")
print("erbuiten")""",
    "output widget later": "with out:\n    print('nog eens')\nout.append_stdout('bij')",
    "output widget in a coroutine": """
import asyncio
with out:
    await asyncio.sleep(0.1)
    print("gewacht")""",
    "output widget knows": "len(out.outputs)",
    "boxes": "ipywidgets.HBox([ipywidgets.Label('a'), ipywidgets.FloatProgress(0.5)])",
    "interact": "@ipywidgets.interact(x=3)\ndef show(x):\n    print('x', x)",
}

CODE = {
    "names": """
import asyncio, contextvars, sys, time, os, threading, json
(__name__, sys.modules["__main__"].__dict__ is globals(), type(sys.modules["__main__"]),
 getattr(sys.modules["__main__"], "__spec__", 0), sorted(n for n in globals() if n[0] == "_"),
 __builtins__.__name__, __doc__)""",
    "path": "sys.path",
    "flags": "sys.flags, sys.executable == sys.orig_argv[0], sys.getrecursionlimit(), sys.prefix",
    "environment": "sorted({k: v for k, v in os.environ.items() if k[:3] not in ('JPY', 'PYD')})",
    "group": "os.getpid() == os.getpgrp() == os.getsid(0), threading.current_thread().name",
    "zone": "time.tzname, time.strftime('%Z')",
    "hooks": "import signal\n(signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD), "
    "signal.getsignal(signal.SIGPIPE), signal.getsignal(signal.SIGINT).__name__, "
    "sys.gettrace(), __import__('gc').isenabled())",
    "pickled": "import pickle\nclass Own:\n    a = 1\npickle.loads(pickle.dumps(Own())).a",
    "await": "await asyncio.sleep(0.01)\nprint('gewacht')\n7",
    "task": """
ticks, gate = [], asyncio.Event()
async def tick():
    while not gate.is_set():
        ticks.append(1)
        await asyncio.sleep(0.01)
    return "klaar"
going = asyncio.create_task(tick())""",
    "a cell that does not wait": "before = len(ticks); time.sleep(0.1); len(ticks) == before",
    "a while": "await asyncio.sleep(0.2)\nlen(ticks) > 3",
    "task ends": "gate.set(); await going",
    "many tasks": "await asyncio.gather(*[asyncio.sleep(0.01, n) for n in range(3)])",
    "fout in a task": "async def wrong():\n    raise KeyError('taak')\nawait wrong()",
    "context variable": "v = contextvars.ContextVar('v', default=0); v.set(4);",
    "context variable later": "v.get()",
    "context variable in a coroutine": "await asyncio.sleep(0); v.get()",
    "async for": "async def numbers():\n    yield 1\n[n async for n in numbers()]",
    "thread": "t = threading.Thread(target=lambda: print('uit een draad')); t.start(); t.join()",
    "pool of threads": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, -2])))",
    "processes": """
import multiprocessing
fork = multiprocessing.get_context("fork")
def square(n):
    return n * n
with fork.Pool(2) as pool:
    print(pool.map(square, range(4)))""",
    "a process that prints": "p = fork.Process(target=print, args=('uit een kind',)); p.start(); "
    "p.join()\ntime.sleep(0.3); p.exitcode",
    "fork": "pid = os.fork()\nif not pid:\n    os._exit(3)\n"
    "os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])",
    "in and out": "1 + 1",
    "previous": "_, __, _i, Out[max(Out)], In[-2], len(In)",
    "history": "%history -n -l 3",
    "time": "%%time\nsum(range(10))",
    "timeit": "%timeit -n 2 -r 2 1 + 1",
    "who": "%who str",
    "magics": "sorted(get_ipython().magics_manager.lsmagic()['line'])",
    "env magic": "%env WIJKBOEK_TEST=1",
    "file magic": "%%writefile own_script.py\nprint('script', __name__); z = 3",
    "run magic": "%run own_script.py\nz",
    "module beside": "open('own_module.py', 'w').write('w = 5\\n')\n"
    "import own_module; own_module.w",
    "help": "abs?",
    "store": "%store?",
    "fout before a rule of its own": "twaalf",
    "rule of its own": """
rules = get_ipython().input_transformer_manager.line_transforms
rules.append(lambda lines: [line.replace("twaalf", "12") for line in lines])""",
    "read by that rule": "twaalf",
    "without that rule": "rules.pop();",
    "fout after that rule": "twaalf",
    "fout unknown magic": "%bestaat_niet",
    "fout plain": "1 / 0",
    "fout chained": "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('twee') from e",
    "fout while handling": "try:\n    {}['a']\nexcept KeyError:\n    [][1]",
    "fout nested": "def outer():\n    def inner(x):\n        return x.nope\n    inner(1)\nouter()",
    "fout in a library": "json.loads('{')",
    "fout syntax": "print(1\nx = ",
    "fout indentation": "if True:\nx = 1",
    "fout unknown": "bestaat_niet",
    "fout group": "raise ExceptionGroup('samen', [ValueError('a'), KeyError('b')])",
    "fout with a note": "e = ValueError('x'); e.add_note('noot'); raise e",
    "fout own": "class Own2(Exception):\n    def __str__(self): return 'é\\n2'\nraise Own2(3)",
    "fout interrupt": "raise KeyboardInterrupt",
    "fout sys.exit": "sys.exit()",
    "fout sys.exit code": "print('voor'); sys.exit(4)",
    "fout sys.exit words": "sys.exit('tot ziens')",
    "fout assert": "assert 1 == 2, 'nee'",
    "fout after output": "print('voor'); display(1); 1 / 0",
    "fout input": "input('naam? ')",
    "fout getpass": "import getpass; getpass.getpass()",
    "fout signal": "os.kill(os.getpid(), signal.SIGINT); time.sleep(1)",
    "fout signal in a coroutine": "os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(1)",
    "still there": "print('nog steeds')",
    "count": "%%python3\nprint('ander proces')",
    "changes": """
import pandas, textwrap
json.dump = textwrap.dedent = None
pandas.options.display.precision = 1
sys.path.append("/nergens"); os.environ["WIJKBOEK_LEFT"] = "1"; del os.environ["HOME"]
__import__("matplotlib").rcParams["font.size"] = 31
os.chdir("/")""",
    "cwd": "os.getcwd(), sys.path[-1]",
}

AFTER = {
    "nothing of the one before": """
import json, os, sys, textwrap, matplotlib, pandas
print("own_module" in sys.modules, os.getcwd() == "/", "HOME" in os.environ,
      "WIJKBOEK_LEFT" in os.environ, pandas.options.display.precision,
      pandas.options.display.max_rows, matplotlib.rcParams["font.size"],
      sys.path[-1] == "/nergens", json.dump is None,
      textwrap.dedent(" a"), "ticks" in globals())""",
    "count": "get_ipython().execution_count",
}

# What a process does when it ends by itself.
ENDS = {
    "left open": """
import atexit, os, pathlib, tempfile, threading, time
left = open("left.txt", "w"); _ = left.write("niet gesloten")
held = tempfile.TemporaryDirectory(dir=".", prefix="temporary-")
atexit.register(lambda: pathlib.Path("hook.txt").write_text("gedraaid"))
def slowly():
    time.sleep(0.3)
    pathlib.Path("thread.txt").write_text("af")
threading.Thread(target=slowly).start()
print("klaar")""",
}

# Each ends its process, or is ended; what it printed long enough before that is there.
DEATHS = {
    "os._exit": ["import os, time\nprint('voor'); time.sleep(0.5); os._exit(3)", "print('na')"],
    "signal": [
        "import os, time\nprint('voor'); time.sleep(0.5)\nos.kill(os.getpid(), 11)",
        "print('na')",
    ],
    "ctypes": ["1 + 1", "import ctypes, time\ntime.sleep(0.5); ctypes.string_at(0)"],
    "exit": ["exit()", "import time\ntime.sleep(1)", "print('na')"],
    "exit at the end": ["print('voor')\nexit()"],
    "raise": ["print('voor')\n1 / 0", "print('na')"],
    "interrupt": ["raise KeyboardInterrupt", "print('na')"],
    "sys.exit": ["import sys\nsys.exit(4)", "print('na')"],
    "endless": ["print('voor', flush=True)\nwhile True: pass", "print('na')"],
}
