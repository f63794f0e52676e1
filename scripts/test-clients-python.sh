#!/bin/sh
# The Python client and the shell script, against the real program: lints, types and tests, in an environment of their own.
# Needs what `auther setup` fetches.
set -eu
cd "$(dirname "$0")/.."
missing=
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="python3 python3-venv"
for tool in curl openssl; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
# shellcheck disable=SC2086 # several words on purpose
scripts/install.sh $missing
cargo build --locked -p auther
environment=$PWD/target/clients-python
[ -x "$environment/bin/pip" ] || python3 -m venv --clear "$environment"
# Tools by their names below are those of the environment.
PATH=$environment/bin:$PATH
export PATH
pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r clients/python/requirements-dev.txt
shellcheck clients/shell/auther.sh scripts/test-clients-python.sh
cd clients/python
# Tested is what is installed: the wheel, with all that it has to hold.
pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --force-reinstall .
ruff check .
ruff format --check --quiet .
mypy
exec pytest
