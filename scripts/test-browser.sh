#!/bin/sh
# The back-office in a real browser, against the real program: installs Chromium where it can, then runs tests/browser.
# Screenshots of every page, light and dark, wide and narrow, are left in target/screenshots.
set -eu
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core
    else
        echo "Chromium is missing. On Debian: sudo apt-get install chromium fonts-dejavu-core" >&2
        exit 1
    fi
fi
node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null || {
    echo "Node.js 20 or later, with npm, is needed for the browser tests." >&2
    exit 1
}
cargo build --locked -p auther
cd tests/browser
npm ci --no-audit --no-fund
exec npm test
