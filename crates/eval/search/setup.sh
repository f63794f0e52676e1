#!/bin/sh
# Makes the virtual environment with the indexes that the 1:N search is measured beside: setup.sh FOLDER
set -eu
folder=${1:?usage: setup.sh FOLDER}
here=$(dirname "$0")
# hnswlib comes as source, which is compiled for this very processor.
command -v c++ >/dev/null || { echo "hnswlib needs a C++ compiler: on Debian g++ and python3-dev" >&2; exit 1; }
# A folder that is there counts as ready: nothing half made may stay.
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
pip() {
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes "$@"
}
pip --only-binary :all: -r "$here/requirements.txt"
pip --no-deps --no-build-isolation --no-binary hnswlib -r "$here/requirements-source.txt"
trap - EXIT
"$folder/bin/python" -c 'import faiss, hnswlib, usearch; print("faiss", faiss.__version__, "usearch", usearch.__version__)'
