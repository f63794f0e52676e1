#!/bin/sh
# What the tests in JavaScript need: Node.js 20 with npm, and further commands, named as COMMAND=PACKAGES: need-node.sh [...]
set -eu
cd "$(dirname "$0")/.."
missing=
for pair in "npm=nodejs npm" "$@"; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || missing="$missing ${pair#*=}"
done
# shellcheck disable=SC2086 # several words on purpose
scripts/install.sh $missing
node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' || {
    echo "These tests need Node.js 20 or later; here is $(node --version)." >&2
    exit 1
}
