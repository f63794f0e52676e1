#!/bin/sh
# The back-office in a real browser, against the real program: installs Chromium where it can, then runs tests/browser.
# Pictures of every page, light and dark, wide and narrow, are left in target/screenshots.
set -eu
cd "$(dirname "$0")/.."
missing=
command -v chromium >/dev/null 2>&1 || missing="chromium fonts-dejavu-core"
command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
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
    echo "The browser tests need Node.js 20 or later; here is $(node --version)." >&2
    exit 1
}
node --test crates/console/assets/guidance.test.js crates/console/assets/answer.test.js
cargo build --locked -p auther
cd tests/browser
npm ci --no-audit --no-fund
exec npm test
