#!/bin/sh
# The TypeScript client against the real program, on Node and in Chromium. AUTHER_BIN names a binary that is built already.
set -eu
cd "$(dirname "$0")/.."
missing=
command -v chromium >/dev/null 2>&1 || missing="chromium"
command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
if [ -n "$missing" ]; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2086 # several words on purpose
        apt-get update && apt-get install -y --no-install-recommends $missing
    else
        echo "Missing: $missing. On Debian: sudo apt-get install $missing" >&2
        exit 1
    fi
fi
node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' || {
    echo "The client needs Node.js 20 or later; here is $(node --version)." >&2
    exit 1
}
[ -n "${AUTHER_BIN:-}" ] || cargo build --locked -p auther
cd clients/typescript
npm ci --no-audit --no-fund
npm run build
exec npm test
