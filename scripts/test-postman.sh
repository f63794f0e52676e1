#!/bin/sh
# The Postman collection: that it is what its generator makes, and newman's run of it against the real program.
# AUTHER_BIN names a binary that is built already.
set -eu
cd "$(dirname "$0")/.."
if ! command -v npm >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update && apt-get install -y --no-install-recommends nodejs npm
    else
        echo "Missing: nodejs npm. On Debian: sudo apt-get install nodejs npm" >&2
        exit 1
    fi
fi
node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' || {
    echo "The tests need Node.js 20 or later; here is $(node --version)." >&2
    exit 1
}
[ -n "${AUTHER_BIN:-}" ] || cargo build --locked -p auther
cd postman
node build.mjs --check
npm ci --no-audit --no-fund
exec npm test
