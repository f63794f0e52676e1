"""A real server on real models, and clients of Amazon's for it."""

import atexit
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import threading

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
AUTHER = pathlib.Path(os.environ["AUTHER"]).resolve()
REGION = "eu-central-1"


class Server:
    """The program with the listener on, in a data folder of its own."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._names = itertools.count()
        self.log = []
        self._start()
        atexit.register(self.stop)

    def _start(self):
        environment = {**os.environ, "AUTHER_REKOGNITION_LISTEN": "127.0.0.1:0"}
        command = [AUTHER, "serve", "--listen", "127.0.0.1:0", "--data", self.data]
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for line in self._process.stderr:
            fields = json.loads(line)
            self.log.append(line)
            if fields.get("message") == "answering Amazon Rekognition's wire format":
                self.url = f"http://{fields['address']}"
                break
        else:
            raise RuntimeError("the server did not start:\n" + "".join(self.log))
        # Keeps the pipe empty, and the log for the tests.
        threading.Thread(target=lambda: self.log.extend(self._process.stderr), daemon=True).start()

    @property
    def data(self):
        return self._folder.name

    def stop(self, kill=False):
        if self._process.poll() is None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait()

    def restart(self, kill):
        """Ends it, the hard way or not, and starts it again on the same data."""
        self.stop(kill)
        self._start()

    def run(self, *arguments):
        """What a command of the program prints."""
        command = [AUTHER, *map(str, arguments), "--data", self.data, "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def access_key(self, *options):
        """A new key's access key: id and secret."""
        key = self.run("key", "create", "--name", f"key {next(self._names)}", *options)
        access = self.run("signing", "access-key", key["id"])
        return access["accessKeyId"], access["secretAccessKey"]

    def organisation(self, **limits):
        """A new organisation with a plan of its own: its number."""
        name = f"organisation {next(self._names)}"
        options = [text for limit, value in limits.items() for text in (f"--{limit.replace('_', '-')}", value)]
        plan = self.run("plan", "create", "--name", name, *options)["id"]
        return self.run("organisation", "create", "--name", name, "--plan", plan)["id"]

    def client(self, access_key, **config):
        """An unchanged client of Amazon's, but for the address. Nothing is tried again unless a test wants it."""
        config = {"retries": {"total_max_attempts": 1}, **config}
        return boto3.client(
            "rekognition",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access_key[0],
            aws_secret_access_key=access_key[1],
            config=Config(**config),
        )


def photo(name):
    """A photograph as a parameter."""
    return {"Bytes": (ROOT / "tests/photos" / f"{name}.jpg").read_bytes()}


def example(name):
    """An example picture of docs/image-requirements.md as a parameter."""
    return {"Bytes": (ROOT / "docs/images" / f"{name}.jpg").read_bytes()}


def turned(image, orientation):
    """The same JPEG with this EXIF orientation in place of its own."""
    body = image["Bytes"][2:]
    if body[:2] == b"\xff\xe1":
        body = body[2 + int.from_bytes(body[2:4], "big") :]
    entry = b"\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0])
    payload = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4)
    segment = b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload
    return {"Bytes": b"\xff\xd8" + segment + body}
