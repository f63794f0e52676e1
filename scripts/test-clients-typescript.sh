#!/bin/sh
# The TypeScript client against the real program, on Node and in Chromium. AUTHER_BIN names a binary that is built already.
set -eu
cd "$(dirname "$0")/.."
scripts/need-node.sh "chromium=chromium fonts-dejavu-core" openssl=openssl
[ -n "${AUTHER_BIN:-}" ] || cargo build --locked -p auther
cd clients/typescript
npm ci --no-audit --no-fund
npm run build
exec npm test
