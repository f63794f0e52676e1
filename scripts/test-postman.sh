#!/bin/sh
# The Postman collection: that it is what its generator makes, and newman's run of it against the real program.
# AUTHER_BIN names a binary that is built already.
set -eu
cd "$(dirname "$0")/.."
scripts/need-node.sh
[ -n "${AUTHER_BIN:-}" ] || cargo build --locked -p auther
cd postman
node build.mjs --check
npm ci --no-audit --no-fund
exec npm test
