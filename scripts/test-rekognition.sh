#!/bin/sh
# Amazon's own client against the real program: boto3 in target/rekognition, then tests/rekognition.
set -eu
cd "$(dirname "$0")/.."
venv=target/rekognition
if ! cmp -s tests/rekognition/requirements.txt "$venv/requirements.txt"; then
    python3 -c 'import ensurepip' 2>/dev/null || scripts/install.sh python3 python3-venv
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r tests/rekognition/requirements.txt
    cp tests/rekognition/requirements.txt "$venv/requirements.txt"
fi
cargo build --locked -p auther
export PYTHONDONTWRITEBYTECODE=1
AUTHER="${CARGO_TARGET_DIR:-target}/debug/auther" exec "$venv/bin/python" -m unittest discover -s tests/rekognition
