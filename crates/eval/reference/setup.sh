#!/bin/sh
# Makes the virtual environment in which OpenCV serves as the reference: setup.sh FOLDER
set -eu
folder=${1:?usage: setup.sh FOLDER}
here=$(dirname "$0")
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
"$folder/bin/python" -c 'import cv2; print("OpenCV", cv2.__version__)'
