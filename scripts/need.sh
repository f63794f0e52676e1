#!/bin/sh
# What a build needs of the machine; installs what is missing where the system's package manager and rights allow.
set -eu
missing=
for tool in cc cargo python3 curl; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
python3 -m pip --version >/dev/null 2>&1 || missing="$missing pip"
[ -z "$missing" ] && exit 0
case "$missing" in *cargo*)
    echo "Rust is missing: install it with rustup, then run this again." >&2
    exit 1 ;;
esac
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update && apt-get install -y gcc libc6-dev python3 python3-pip python3-venv curl
else
    echo "Missing:$missing. On Debian: sudo apt-get install gcc libc6-dev python3 python3-pip python3-venv curl" >&2
    exit 1
fi
