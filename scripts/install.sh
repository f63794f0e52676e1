#!/bin/sh
# Installs packages of Debian where the system and rights allow, and otherwise says which are missing: install.sh PACKAGE...
set -eu
[ $# -gt 0 ] || exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update && apt-get install -y --no-install-recommends "$@"
else
    echo "Missing. On Debian: sudo apt-get install $*" >&2
    exit 1
fi
