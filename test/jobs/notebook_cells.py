"""Runs in a notebook's container: each argument is a cell, run one after the other in a new kernel, as JupyterLab does it.

Prints what the cells print. With KEEP_KERNEL set the kernel stays, and with NO_WAIT the last cell's end is not waited for.
"""

import json
import os
import pathlib
import sys
import uuid

# What exec starts has the container's proxies, and this asks the container itself.
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]

import requests
import websocket

SERVER = "127.0.0.1:8888"
HEADERS = {"Authorization": f"token {pathlib.Path('/run/secrets/notebook-token').read_text().strip()}"}

answer = requests.post(f"http://{SERVER}/api/kernels", headers=HEADERS, json={"name": "python3"})
answer.raise_for_status()
kernel = answer.json()["id"]
channels = websocket.create_connection(
    f"ws://{SERVER}/api/kernels/{kernel}/channels?session_id=test", header=HEADERS, timeout=180
)


def send(code):
    header = {"msg_id": uuid.uuid4().hex, "username": "test", "session": "test", "msg_type": "execute_request", "version": "5.3"}
    content = {"code": code, "silent": False}
    channels.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "content": content}))
    return header["msg_id"]


def follow(message):
    while True:
        seen = json.loads(channels.recv())
        if seen["parent_header"].get("msg_id") != message:
            continue
        content = seen["content"]
        if seen["msg_type"] == "stream":
            print(content["text"], end="", file=sys.stdout if content["name"] == "stdout" else sys.stderr, flush=True)
        if seen["msg_type"] == "error":
            sys.exit("\n".join(content["traceback"]))
        if seen["msg_type"] == "status" and content["execution_state"] == "idle":
            return


for number, cell in enumerate(sys.argv[1:], start=2):
    message = send(cell)
    if number < len(sys.argv) or "NO_WAIT" not in os.environ:
        follow(message)
if "KEEP_KERNEL" not in os.environ:
    requests.delete(f"http://{SERVER}/api/kernels/{kernel}", headers=HEADERS)
