"""Compares networks prepared from TensorFlow Lite in ONNX Runtime with the published files in TensorFlow Lite. By hand:

    python3 -m venv /tmp/check && /tmp/check/bin/pip install onnxruntime==1.32.0 ai-edge-litert==2.3.0 pillow numpy
    /tmp/check/bin/python crates/models/checks/compare_tflite.py CACHE [PHOTO ...]

CACHE is a folder that `auther setup` filled; PHOTO are any pictures: crops at random places stand for faces and eyes. Exits
with 1 when an output differs by more than a ten-thousandth of the largest value that comes out of it.
"""

import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

CARDS = (("face_mesh_mediapipe", "face_landmark.tflite"), ("iris_mediapipe", "iris_landmark.tflite"))
RELATIVE_MAX = 1e-4
RANDOM_IMAGES = 32
CROPS_A_PHOTO = 8
BATCH = 4
ROUNDS = 300
WARM_UP = 20


def prepared_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def published_interpreter(path):
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def planes(images):
    return np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))


def published_outputs(interpreter, images):
    found = {}
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        for output in interpreter.get_output_details():
            found.setdefault(output["name"], []).append(interpreter.get_tensor(output["index"]).copy())
    return {name: np.concatenate(values) for name, values in found.items()}


def prepared_outputs(session, images, size):
    names = [output.name for output in session.get_outputs()]
    tensor = session.get_inputs()[0].name
    parts = [session.run(names, {tensor: planes(images[i : i + size])}) for i in range(0, len(images), size)]
    return {name: np.concatenate(values) for name, values in zip(names, zip(*parts))}


def compare(session, interpreter, kind, images):
    theirs = published_outputs(interpreter, images)
    fine = True
    for size in (1, BATCH):
        ours = prepared_outputs(session, images, size)
        fine &= list(ours) == list(theirs)
        for name, expected in theirs.items():
            fine &= ours[name].shape == expected.shape
            worst, largest = abs(ours[name] - expected).max(), abs(expected).max()
            fine &= bool(worst <= RELATIVE_MAX * largest)
            print(f"  {len(images)} {kind}, batch of {size}: {name} {list(expected.shape[1:])}: "
                  f"max abs diff {worst:.1e} of {largest:.4g} ({worst / largest:.1e})")
    return fine


def crops(photos, side, random):
    found = []
    for photo in photos:
        picture = Image.open(photo).convert("RGB")
        for _ in range(CROPS_A_PHOTO):
            length = int(random.integers(side // 2, min(picture.size)))
            left, top = (int(random.integers(0, extent - length + 1)) for extent in picture.size)
            crop = picture.crop((left, top, left + length, top + length)).resize((side, side), Image.BILINEAR)
            found.append(np.asarray(crop, np.float32) / 255)
    return found


def times(run):
    taken = []
    for _ in range(WARM_UP + ROUNDS):
        begin = time.perf_counter()
        run()
        taken.append(1e3 * (time.perf_counter() - begin))
    taken = taken[WARM_UP:]
    return f"median {np.median(taken):.2f} ms, least {min(taken):.2f} ms"


def main(cache, photos):
    fine = True
    for card, published in CARDS:
        session = prepared_session(cache / card / f"{card}.prepared.onnx")
        interpreter = published_interpreter(cache / card / published)
        side = session.get_inputs()[0].shape[3]
        random = np.random.default_rng(0)
        print(f"{card}, {side} x {side}")
        noise = list(random.random((RANDOM_IMAGES, side, side, 3), dtype=np.float32))
        fine &= compare(session, interpreter, "random images", noise)
        extremes = [np.full((side, side, 3), value, np.float32) for value in (0, 0.5, 1)]
        fine &= compare(session, interpreter, "images of one colour", extremes)
        if photos:
            fine &= compare(session, interpreter, "real crops", crops(photos, side, random))
        blob = planes(noise[:1])
        print(f"  prepared, ONNX Runtime, one thread: {times(lambda: session.run(None, {'input_1': blob}))}")
        print(f"  published, TensorFlow Lite, one thread: {times(interpreter.invoke)}")
    print("fine" if fine else "NOT FINE")
    return 0 if fine else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]]))
