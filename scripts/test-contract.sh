#!/bin/sh
# The running program against its OpenAPI document: validates the document, then lets Schemathesis try every call with
# every check (tests/contract). AUTHER_BIN names another program than the debug build. The tools go to target/schemathesis.
set -eu
cd "$(dirname "$0")/.."
# It takes a minute on two cores; a server that hangs must not hold up everything else for longer than this.
seconds_max=300
tools=$PWD/target/schemathesis
python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || scripts/install.sh python3 python3-venv
if ! cmp -s tests/contract/requirements.txt "$tools/requirements.txt"; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r tests/contract/requirements.txt
    # Last, so that what was cut off is begun anew.
    cp tests/contract/requirements.txt "$tools/"
fi
"$tools/bin/openapi-spec-validator" openapi/auther-check-api.json

if [ -z "${AUTHER_BIN:-}" ]; then
    cargo build --locked -p auther
    AUTHER_BIN=${CARGO_TARGET_DIR:-target}/debug/auther
fi
data=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$data"' EXIT
trap 'exit 1' HUP INT TERM
# A key of the operator's, which no plan limits.
AUTHER_KEY=$("$AUTHER_BIN" key create --name contract --data "$data")
export AUTHER_KEY
"$AUTHER_BIN" serve --listen 127.0.0.1:0 --data "$data" 2>"$data/log" &
server=$!
address=
waited=0
until [ -n "$address" ]; do
    # Models are loaded on a machine that may be busy: a minute, in fifths of a second.
    waited=$((waited + 1))
    { [ "$waited" -le 300 ] && kill -0 "$server" 2>/dev/null; } || { cat "$data/log" >&2; exit 1; }
    sleep 0.2
    address=$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' "$data/log")
done
root=$PWD
mkdir -p "$tools/run"
# What it writes, such as the requests that failed, stays there.
cd "$tools/run"
export PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS="$root/tests/contract/hooks.py"
timeout "$seconds_max" "$tools/bin/schemathesis" --no-color --config-file "$root/tests/contract/schemathesis.toml" \
    run "$root/openapi/auther-check-api.json" --url "http://$address" "$@"
