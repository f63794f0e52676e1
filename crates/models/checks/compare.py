"""Compares prepared models in ONNX Runtime with the published files in OpenCV. Run by hand:

    python3 -m venv /tmp/check && /tmp/check/bin/pip install onnxruntime==1.32.0 opencv-python-headless==4.12.0.88
    /tmp/check/bin/python crates/models/checks/compare.py CACHE [PHOTO ...]

(OpenCV 5.0 cannot run the published SFace file.) CACHE is a folder that `auther setup` filled; PHOTO are pictures of faces (more than a few make it worth while).
OpenCV runs the published SFace file as it is, int8 weights and all, so this checks the whole preparation. Exits with 1 when
an embedding's cosine to OpenCV's falls below 0.9999, or a detection differs.
"""

import sys
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

COSINE_MIN = 0.9999
ROUNDS = 60
DETECTION_DIFF_MAX = 1e-3
SIDES = (320, 416, 640)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def planes(images):
    return np.stack([image.transpose(2, 0, 1) for image in images]).astype(np.float32)


def crops(detector, recogniser, photos):
    found = []
    for photo in photos:
        image = cv2.imread(str(photo))
        if image is None:
            continue
        detector.setInputSize((image.shape[1], image.shape[0]))
        _, faces = detector.detect(image)
        if faces is not None:
            found.append(recogniser.alignCrop(image, faces[0]))
    return found


def embeddings(prepared, recogniser, name, images):
    rgb = [image[:, :, ::-1] for image in images]
    ours = np.concatenate([prepared.run(None, {"data": planes([image])})[0] for image in rgb])
    batch = np.concatenate([prepared.run(None, {"data": planes(rgb[i : i + 4])})[0] for i in range(0, len(rgb), 4)])
    theirs = np.concatenate([recogniser.feature(image).copy() for image in images])
    length = np.linalg.norm
    cosine = (ours * theirs).sum(1) / length(ours, axis=1) / length(theirs, axis=1)
    print(f"SFace, {len(images)} {name}: max abs diff {abs(ours - theirs).max():.2e}, least cosine {cosine.min():.8f}, "
          f"batch of 4 against single {abs(ours - batch).max():.2e}")
    return cosine.min() >= COSINE_MIN


def detections(prepared, published, images):
    names = [output.name for output in prepared.get_outputs()]
    worst = 0.0
    for side in SIDES:
        for image in images:
            blob = planes([cv2.resize(image, (side, side))])
            published.setInput(blob)
            theirs = dict(zip(names, published.forward(names)))
            ours = dict(zip(names, prepared.run(names, {"input": blob})))
            worst = max(worst, *(abs(ours[n].ravel() - theirs[n].ravel()).max() for n in names))
    print(f"YuNet at {SIDES}, {len(images)} images: max abs diff of raw outputs {worst:.2e}")
    return worst <= DETECTION_DIFF_MAX


def speed(prepared):
    blob = np.random.default_rng(1).integers(0, 256, (1, 3, 112, 112)).astype(np.float32)
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        prepared.run(None, {"data": blob})
        times.append(1e3 * (time.perf_counter() - begin))
    print(f"SFace prepared, one thread: median {np.median(times):.2f} ms, least {min(times):.2f} ms")


def main(cache, photos):
    sface, yunet = cache / "sface_2021dec", cache / "yunet_2023mar"
    published = {"sface": sface / "face_recognition_sface_2021dec_int8bq.onnx",
                 "yunet": yunet / "face_detection_yunet_2023mar.onnx"}
    recogniser = cv2.FaceRecognizerSF.create(str(published["sface"]), "")
    detector = cv2.FaceDetectorYN.create(str(published["yunet"]), "", (320, 320), 0.6)
    prepared = session(sface / "sface_2021dec.prepared.onnx")
    noise = list(np.random.default_rng(0).integers(0, 256, (16, 112, 112, 3), dtype=np.uint8))
    extremes = [np.full((112, 112, 3), value, np.uint8) for value in (0, 127, 255)]
    fine = embeddings(prepared, recogniser, "random crops", noise + extremes)
    faces = crops(detector, recogniser, photos)
    if faces:
        fine &= embeddings(prepared, recogniser, "real crops", faces)
    images = [cv2.imread(str(photo)) for photo in photos[:10]]
    images = [image for image in images if image is not None] or noise[:2]
    network = cv2.dnn.readNet(str(published["yunet"]))
    fine &= detections(session(yunet / "yunet_2023mar.prepared.onnx"), network, images)
    speed(prepared)
    return 0 if fine else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]]))
