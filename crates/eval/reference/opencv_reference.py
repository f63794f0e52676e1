"""Faces and embeddings by OpenCV, for comparison with Auther's.

Arguments: a folder, YuNet as published, SFace as published. The folder holds `ours.json`, the images that Auther detected
in (PNG, at the size of detection) and the crops that it embedded (PNG, 112 x 112). Writes `opencv.json` of the same shape:
faces found by FaceDetectorYN in the same pixels, embeddings by FaceRecognizerSF of the same crops.
"""
import json
import os
import sys

import cv2

CONFIDENCE_MIN, OVERLAP_MAX, CANDIDATES_MAX = 0.6, 0.3, 5000


def faces_of(detector, image):
    detector.setInputSize((image.shape[1], image.shape[0]))
    found = detector.detect(image)[1]
    return [
        {
            "bounds": [float(v) for v in face[:4]],
            "landmarks": [[float(face[4 + 2 * i]), float(face[5 + 2 * i])] for i in range(5)],
            "confidence": float(face[14]),
        }
        for face in ([] if found is None else found)
    ]


def read(folder, name):
    image = cv2.imread(os.path.join(folder, name), cv2.IMREAD_COLOR)
    if image is None:
        sys.exit(f"{name} cannot be read")
    return image


def main(folder, yunet, sface):
    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create(yunet, "", (320, 320), CONFIDENCE_MIN, OVERLAP_MAX, CANDIDATES_MAX)
    recogniser = cv2.FaceRecognizerSF.create(sface, "")
    with open(os.path.join(folder, "ours.json"), encoding="utf-8") as file:
        ours = json.load(file)
    images = []
    for entry in ours["images"]:
        crops = [
            {"file": crop["file"], "embedding": recogniser.feature(read(folder, crop["file"]))[0].tolist()}
            for crop in entry["crops"]
        ]
        image = read(folder, entry["file"])
        images.append({**entry, "faces": faces_of(detector, image), "crops": crops})
    with open(os.path.join(folder, "opencv.json"), "w", encoding="utf-8") as file:
        json.dump({"made_by": f"OpenCV {cv2.__version__}", "images": images}, file)


main(*sys.argv[1:4])
