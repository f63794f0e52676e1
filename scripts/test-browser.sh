#!/bin/sh
# The back-office in a real browser, against the real program: installs Chromium where it can, then runs tests/browser.
# Pictures of every page, light and dark, wide and narrow, are left in target/screenshots.
set -eu
cd "$(dirname "$0")/.."
scripts/need-node.sh "chromium=chromium fonts-dejavu-core"
node --test crates/console/assets/guidance.test.js crates/console/assets/answer.test.js
cargo build --locked -p auther
cd tests/browser
npm ci --no-audit --no-fund
exec npm test
