#!/bin/sh
# Makes the virtual environment with the systems that whole requests are measured beside: setup.sh FOLDER
set -eu
folder=${1:?usage: setup.sh FOLDER}
here=$(dirname "$0")
# The wheels are pinned for one version of Python.
python=$(command -v python3.11) || { echo "the peers need Python 3.11 with venv" >&2; exit 1; }
# A folder that is there counts as ready: nothing half made may stay.
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder"
pip() {
    # Each package is listed: face_recognition names dlib as source, and deepface a second OpenCV.
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps "$@"
}
pip --only-binary :all: -r "$here/requirements.txt"
pip --no-build-isolation --no-binary face_recognition_models -r "$here/requirements-source.txt"
trap - EXIT
"$folder/bin/python" -c 'import cv2, dlib; print("OpenCV", cv2.__version__, "dlib", dlib.__version__)'
