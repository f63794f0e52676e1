"""Answers each line "run" with the milliseconds of one verify request's stages, computed by OpenCV on one thread, and
"version" with OpenCV's.

Arguments: a JPEG, YuNet as published, SFace as published. Stages: base64, decode, detect, align, embed, compare.
"""
import base64
import json
import sys
import time

import cv2
import numpy

LONGER_SIDE_PX_MAX = 640
CONFIDENCE_MIN, OVERLAP_MAX, CANDIDATES_MAX = 0.6, 0.3, 5000

cv2.setNumThreads(1)
picture, yunet, sface = sys.argv[1:4]
with open(picture, "rb") as file:
    text = base64.b64encode(file.read())
detector = cv2.FaceDetectorYN.create(yunet, "", (320, 320), CONFIDENCE_MIN, OVERLAP_MAX, CANDIDATES_MAX)
recogniser = cv2.FaceRecognizerSF.create(sface, "")


def detect(image):
    """Detects at the size that Auther detects at; returns the largest face in pixels of the image."""
    height, width = image.shape[:2]
    scale = min(1.0, LONGER_SIDE_PX_MAX / max(height, width))
    small = image if scale == 1.0 else cv2.resize(image, (round(width * scale), round(height * scale)))
    detector.setInputSize((small.shape[1], small.shape[0]))
    faces = detector.detect(small)[1]
    largest = max(faces, key=lambda face: face[2] * face[3])
    largest[:14] /= scale
    return largest


def request(reference):
    times = [time.perf_counter()]

    def lap(result):
        times.append(time.perf_counter())
        return result

    data = lap(base64.b64decode(text))
    image = lap(cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR))
    face = lap(detect(image))
    crop = lap(recogniser.alignCrop(image, face))
    feature = lap(recogniser.feature(crop)).copy()
    lap(recogniser.match(feature, feature if reference is None else reference))
    return feature, [1e3 * (after - before) for before, after in zip(times, times[1:])]


reference, _ = request(None)
for line in sys.stdin:
    print(json.dumps(cv2.__version__ if line.strip() == "version" else request(reference)[1]), flush=True)
