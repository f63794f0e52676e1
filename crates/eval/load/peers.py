"""The systems that `auther bench load` measures beside ours: a request in JSON on each line of standard input, an answer in
JSON on a line of standard output. All that is started here ends with this process.

Each gets what it likes best. OpenCV and dlib run without a server, a process a core and a thread a process, with the
reference's features kept; what they are handed is what a request holds: the photograph in base64. deepface runs its own
server, as its documentation starts it, with its models loaded beforehand.
"""

import base64
import ctypes
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import version

# What a library prints must not get into the conversation.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

# Detection looks at no more pixels than Auther's and deepface's do.
LONGER_SIDE_PX_MAX = 640
# OpenCV: confidence and overlap of faces as in `auther bench stages`; cosine from which on SFace's authors call it a match.
CONFIDENCE_MIN, OVERLAP_MAX, CANDIDATES_MAX, COSINE_MIN = 0.6, 0.3, 5000, 0.363
# From `prctl.h`: the signal that a process gets when the one that started it ends.
PR_SET_PDEATHSIG = 1
# How long a server may take until it answers: it loads its networks.
READY_WITHIN_S = 120
# How long it may take to stop.
STOPPED_WITHIN_S = 10


def end_with_parent(number=signal.SIGKILL):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def shrink(cv2, image):
    """The image at the size of detection, and by how much smaller that is."""
    height, width = image.shape[:2]
    scale = min(1.0, LONGER_SIDE_PX_MAX / max(height, width))
    return (image if scale == 1.0 else cv2.resize(image, (round(width * scale), round(height * scale)))), scale


class OpenCv:
    """FaceDetectorYN and FaceRecognizerSF."""

    def __init__(self, models):
        import cv2
        import numpy

        cv2.setNumThreads(1)
        self.cv2, self.numpy = cv2, numpy
        self.detector = cv2.FaceDetectorYN.create(
            models["yunet"], "", (320, 320), CONFIDENCE_MIN, OVERLAP_MAX, CANDIDATES_MAX
        )
        self.recogniser = cv2.FaceRecognizerSF.create(models["sface"], "")

    def features(self, text):
        data = base64.b64decode(text)
        image = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), self.cv2.IMREAD_COLOR)
        small, scale = shrink(self.cv2, image)
        self.detector.setInputSize((small.shape[1], small.shape[0]))
        face = max(self.detector.detect(small)[1], key=lambda face: face[2] * face[3])
        face[:14] /= scale
        return self.recogniser.feature(self.recogniser.alignCrop(image, face)).copy()

    def matches(self, text, reference):
        return self.recogniser.match(self.features(text), reference) >= COSINE_MIN


class FaceRecognition:
    """face_recognition on dlib: histograms of gradients, then its network."""

    def __init__(self, _):
        import cv2
        import face_recognition
        import numpy

        cv2.setNumThreads(1)
        self.cv2, self.numpy, self.library = cv2, numpy, face_recognition

    def features(self, text):
        data = base64.b64decode(text)
        image = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), self.cv2.IMREAD_COLOR)
        image = self.cv2.cvtColor(image, self.cv2.COLOR_BGR2RGB)
        small, scale = shrink(self.cv2, image)
        # Not made larger first, as it would by itself: faces as large as these are found without.
        places = self.library.face_locations(small, number_of_times_to_upsample=0, model="hog")
        top, right, bottom, left = max(places, key=lambda place: (place[2] - place[0]) * (place[1] - place[3]))
        place = tuple(round(value / scale) for value in (top, right, bottom, left))
        return self.library.face_encodings(image, [place])[0]

    def matches(self, text, reference):
        return bool(self.library.compare_faces([reference], self.features(text))[0])


KINDS = {"opencv": OpenCv, "face_recognition": FaceRecognition}


def read(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read())


def work(pipe, kind, models, sets):
    """A process: checks that every pair matches, then answers how many it verifies in a time, again and again."""
    end_with_parent()
    try:
        system = KINDS[kind](models)
        pairs = {
            name: [(read(probe), system.features(read(reference))) for probe, reference in pairs]
            for name, pairs in sets.items()
        }
        wrong = [name for name, pairs in pairs.items() if not all(system.matches(*pair) for pair in pairs)]
        pipe.send({"wrong": wrong})
        while True:
            name, seconds = pipe.recv()
            count, begun = 0, time.perf_counter()
            while count == 0 or time.perf_counter() - begun < seconds:
                assert system.matches(*pairs[name][count % len(pairs[name])])
                count += 1
            pipe.send({"rate": count / (time.perf_counter() - begun), "count": count})
    except EOFError:
        pass
    except Exception as error:
        pipe.send({"error": f"{kind}: {error!r}"})


class Processes:
    """Several processes that do the same."""

    def __init__(self, kind, count, models, sets):
        context = multiprocessing.get_context("fork")
        self.pipes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            context.Process(target=work, args=(theirs, kind, models, sets), daemon=True).start()
            theirs.close()
            self.pipes.append(ours)
        for heard in self.hear():
            if heard["wrong"]:
                raise RuntimeError(f"{kind} does not match the photographs of {heard['wrong']}")

    def hear(self):
        heard = [pipe.recv() for pipe in self.pipes]
        for one in heard:
            if "error" in one:
                raise RuntimeError(one["error"])
        return heard

    def run(self, name, seconds):
        for pipe in self.pipes:
            pipe.send((name, seconds))
        heard = self.hear()
        return {"rate": sum(one["rate"] for one in heard), "requests": sum(one["count"] for one in heard)}


class Deepface:
    """deepface's own server."""

    def __init__(self, workers, home):
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = listener.getsockname()[1]
        environment = {
            **os.environ,
            "HOME": home,
            "DEEPFACE_HOME": home,
            "DEEPFACE_FACE_RECOGNITION_MODELS": "SFace",
            "DEEPFACE_FACE_DETECTION_MODELS": "yunet",
            "DEEPFACE_ONNX_PROVIDERS": "cpu",
            # Errors alone: a line a request would be at its cost.
            "DEEPFACE_LOG_LEVEL": "40",
        }
        command = [sys.executable, "-m", "gunicorn", f"--workers={workers}", "--timeout=3600", "--log-level=error"]
        command += [f"--bind=fd://{listener.fileno()}", "deepface.api.src.app:create_app()"]
        self.server = subprocess.Popen(
            command,
            cwd=home,
            env=environment,
            pass_fds=[listener.fileno()],
            preexec_fn=lambda: end_with_parent(signal.SIGTERM),
        )
        listener.close()
        self.wait()

    def wait(self):
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            if self.server.poll() is not None:
                raise RuntimeError(f"deepface's server ended with status {self.server.returncode}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=READY_WITHIN_S) as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    if connection.recv(64).startswith(b"HTTP/1.1 200"):
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError("deepface's server does not answer")

    def stop(self):
        self.server.terminate()
        try:
            self.server.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()


started, servers = {}, []


def stop():
    while servers:
        servers.pop().stop()


def answer(request):
    match request["do"]:
        case "versions":
            packages = ["opencv-contrib-python-headless", "deepface", "onnxruntime", "gunicorn", "face-recognition", "dlib-bin"]
            return {"Python": sys.version.split()[0], **{name: version(name) for name in packages}}
        case "start":
            started[request["peer"]] = Processes(
                request["peer"], request["processes"], request["models"], request["sets"]
            )
            return {}
        case "run":
            return started[request["peer"]].run(request["set"], request["seconds"])
        case "serve":
            stop()
            servers.append(Deepface(request["workers"], request["home"]))
            return {"port": servers[0].port}
        case "stop":
            stop()
            return {}
    raise ValueError(f"unknown request {request['do']!r}")


try:
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(reply) + "\n")
finally:
    stop()
