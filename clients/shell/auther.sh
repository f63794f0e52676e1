#!/bin/sh
# The Auther Check API from a shell, with nothing but curl and openssl. README.md has examples.
# Exit status: 0 yes or done; 2 no: not matched, not found, or an image refused; 1 an error.
set -eu
# Lengths and ranges of characters are those of bytes.
LC_ALL=C
export LC_ALL
# What is written here, keys among it, is for nobody else.
umask 077

# The longest that a request may take, in seconds: a little more than the service takes unless it was set up otherwise.
REQUEST_SECONDS_MAX=35
# So far the timestamp of an answer may be from our clock, in milliseconds.
WINDOW_MS=300000

main() {
    # Whatever ends this early is an error: 0 and 2 are verdicts, and only given at the end.
    result=1
    tmp=
    trap '[ -z "$tmp" ] || rm -rf "$tmp"; exit "$result"' EXIT
    trap 'exit 1' HUP INT TERM
    # Secrets leave the environment before anything is started that would inherit them.
    api_key=${AUTHER_API_KEY:?is not set: a key of the service}
    signing_key=${AUTHER_SIGNING_KEY-}
    unset AUTHER_API_KEY AUTHER_SIGNING_KEY
    tmp=$(mktemp -d)
    : >"$tmp/body"
    settings
    command=${1-} id=
    case $command:$# in
        enrol:3) person "$2"; face_image "$3"; request POST "/person/face/$segment" once ;;
        update:3) person "$2"; face_image "$3"; request PUT "/person/face/$segment" again ;;
        remove:2) person "$2"; request DELETE "/person/face/$segment" once ;;
        get:2) person "$2"; request GET "/person/face/$segment" again ;;
        verify:3) person "$2"; face_image "$3"; request POST "/person/verify-face/$segment" again ;;
        identify:2) face_image "$2"; request POST /person/recognize-face again ;;
        check:2) face_image "$2"; request POST /person/check-face again ;;
        compare:3 | compare:4) image_pair "$2" "$3" "${4-80}"; request POST /person/compare-face again ;;
        *) die "enrol|update|verify ID IMAGE, get|remove ID, identify|check IMAGE, compare SOURCE TARGET [THRESHOLD]" ;;
    esac
    judge
}

die() {
    printf 'auther.sh: %s\n' "$1" >&2
    exit 1
}

settings() {
    url=${AUTHER_URL:?is not set: where the service is}
    url=${url%/}
    private_key=${AUTHER_PRIVATE_KEY-}
    base_url=${AUTHER_BASE_URL:-$url}
    version=${AUTHER_SIGNATURE_VERSION:-2}
    attempts_max=${AUTHER_ATTEMPTS_MAX:-4}
    total_seconds_max=${AUTHER_TOTAL_SECONDS_MAX:-30}
    last_ms=0
    case $url in *[!!-~]* | *[\"\\]*) die "AUTHER_URL is no URL" ;; esac
    case $api_key in *[!A-Za-z0-9_-]*) die "AUTHER_API_KEY is no key" ;; esac
    case $version in 1 | 2) ;; *) die "AUTHER_SIGNATURE_VERSION is 1 or 2" ;; esac
    if [ -n "$private_key" ]; then
        [ -z "$signing_key" ] || die "set AUTHER_PRIVATE_KEY or AUTHER_SIGNING_KEY, not both"
        [ -f "$private_key" ] && [ -r "$private_key" ] || die "cannot read $private_key"
        server_keys "${AUTHER_SERVER_PUBLIC_KEY:?is not set: a file with the public key of the service}"
    fi
    # A block of SHA-256: longer keys would have to be hashed first, and the service makes none.
    [ "${#signing_key}" -le 64 ] || die "AUTHER_SIGNING_KEY is longer than 64 bytes"
}

# A file for each public key in a file: there are two while the service changes its own.
server_keys() {
    awk -v file="$tmp/server-key." '
        /^-----BEGIN PUBLIC KEY/ { n++; inside = 1 }
        inside { print >(file n) }
        /^-----END PUBLIC KEY/ { inside = 0 }
    ' "$1"
    [ -s "$tmp/server-key.1" ] || die "no public key in $1"
}

# The person id, and the segment of the path that means it.
person() {
    id=$1
    case $id in
        '' | *[!A-Za-z0-9._~@:+-]*) die "a person id is made of A-Z a-z 0-9 . _ ~ @ : + -" ;;
        # These would mean "here" and "above" in a path.
        .) segment=%2E ;;
        ..) segment=%2E%2E ;;
        *) segment=$id ;;
    esac
}

# Images go from file to file: they may be larger than a variable or a command line.
# IMAGE is a file, "-" for the bytes on standard input, or "base64:FILE" (or "base64:-") for what is base64 already.
base64_of() {
    case $1 in
        -) openssl base64 -A ;;
        base64:-) base64_text ;;
        base64:*) readable "${1#base64:}"; base64_text <"${1#base64:}" ;;
        *) readable "$1"; openssl base64 -A -in "$1" ;;
    esac
}

readable() {
    [ -f "$1" ] && [ -r "$1" ] || die "cannot read $1"
}

# What is handed in as base64, or as a data URL, goes into JSON as it is: without what could end its text.
base64_text() {
    tr -d '[:space:]' >"$tmp/base64"
    if grep -q '[^A-Za-z0-9+/=_:;,.-]' "$tmp/base64"; then die "this is not base64"; fi
    cat "$tmp/base64"
}

face_image() {
    {
        printf '{"faceImage":"'
        base64_of "$1"
        printf '"}'
    } >"$tmp/body"
}

image_pair() {
    case $3 in '' | *[!0-9.]*) die "the threshold is a percentage" ;; esac
    {
        printf '{"sourceImage":"'
        base64_of "$1"
        printf '","targetImage":"'
        base64_of "$2"
        printf '","similarityThreshold":%s}' "$3"
    } >"$tmp/body"
}

# request METHOD URI again|once: sends it until there is an answer that says something, in $status and $tmp/answer.
# "once" is for what must not be done a second time when the service gave up half-way: it may have done it.
request() {
    method=$1 uri=$2 repeat=$3
    attempt=1
    begun=$(date +%s)
    while :; do
        # Not in a condition: there the shell would go on after a failure.
        send
        may_retry || break
        # Full jitter below a limit that doubles, on top of what the service asks for.
        wait=$(($(retry_after) + $(random $(((1 << attempt) + 1)))))
        [ $(($(date +%s) - begun + wait)) -le "$total_seconds_max" ] || break
        sleep "$wait"
        attempt=$((attempt + 1))
    done
}

may_retry() {
    case $status in 429 | 503) ;; *) return 1 ;; esac
    [ "$attempt" -lt "$attempts_max" ] || return 1
    case $repeat:$(code) in
        again:* | once:L_001) ;;
        once:U_001) ! grep -q '"timed_out"' "$tmp/answer" ;;
        *) return 1 ;;
    esac
}

retry_after() {
    seconds=$(header retry-after)
    # The service tells seconds. Where a proxy tells a date, the back-off alone has to do.
    case $seconds in '' | *[!0-9]* | 0?* | ??????*) seconds=0 ;; esac
    echo "$seconds"
}

# random N: a number from 0 to N - 1.
random() {
    echo $((0x$(openssl rand -hex 3) % $1))
}

send() {
    # Everything that is secret goes to curl in a file: whoever lists processes reads their command lines.
    {
        option request "$method"
        option url "$url$uri"
        option header "Api-Key: $api_key"
        option header "Expect:"
        if [ -s "$tmp/body" ]; then
            option header "Content-Type: application/json"
            option data-binary "@$tmp/body"
        fi
        if signs; then
            sign
        fi
    } >"$tmp/request"
    : >"$tmp/answer"
    status=$(curl -q --silent --show-error --path-as-is --globoff --proto =http,https \
        --max-time "$REQUEST_SECONDS_MAX" --config "$tmp/request" \
        --dump-header "$tmp/headers" --output "$tmp/answer" --write-out '%{http_code}')
    if signs; then
        believe
    fi
}

option() {
    printf '%s = "%s"\n' "$1" "$2"
}

signs() {
    [ -n "$private_key$signing_key" ]
}

# The headers of a signature. No two have the same time: a signature is accepted once.
sign() {
    # POSIX knows no milliseconds; any of this second will do.
    timestamp=$(($(date +%s) * 1000 + $(random 1000)))
    [ "$timestamp" -gt "$last_ms" ] || timestamp=$((last_ms + 1))
    last_ms=$timestamp
    nonce=$(openssl rand -hex 16)
    if [ -n "$signing_key" ]; then
        request_line | hmac >"$tmp/signature"
    else
        request_line | openssl dgst -sha256 -sign "$private_key" >"$tmp/signature"
    fi
    option header "Timestamp: $timestamp"
    sent=$(openssl base64 -A -in "$tmp/signature")
    option header "Signature: $sent"
    if [ "$version" = 2 ]; then
        option header "Signature-Version: 2"
        option header "Nonce: $nonce"
    fi
}

# Ends with an error unless the answer is the service's, to this request, and fresh.
believe() {
    signature=$(header signature)
    answered=$(header timestamp)
    [ -n "$signature" ] && [ -n "$answered" ] || disbelieve "the answer is not signed"
    # With a shared key and version 1, a request that is sent back is signed like an answer.
    [ "$signature" != "$sent" ] || disbelieve "the answer's signature is that of the request"
    case $answered in 0* | *[!0-9]* | ????????????????*) disbelieve "the answer's timestamp is no time" ;; esac
    difference=$((answered - $(date +%s) * 1000))
    [ "${difference#-}" -le "$WINDOW_MS" ] || disbelieve "the answer's timestamp is more than five minutes off"
    if [ -n "$signing_key" ]; then
        [ "$signature" = "$(response_line | hmac | openssl base64 -A)" ] || disbelieve "the answer's signature is wrong"
        return
    fi
    printf '%s' "$signature" | openssl base64 -d -A >"$tmp/signature"
    for key in "$tmp"/server-key.*; do
        if response_line | openssl dgst -sha256 -verify "$key" -signature "$tmp/signature" >/dev/null 2>&1; then
            return
        fi
    done
    disbelieve "the answer's signature is wrong"
}

disbelieve() {
    die "$1; it claims: $status $(cat "$tmp/answer")"
}

request_line() {
    if [ "$version" = 1 ]; then
        printf '%s' "$base_url$uri"
        cat "$tmp/body"
        printf '%s' "$timestamp"
    else
        netstrings auther-request-v2 "$method" "$base_url" "$uri"
        netstring_of "$tmp/body"
        netstrings "$timestamp" "$nonce"
    fi
}

response_line() {
    if [ "$version" = 1 ]; then
        printf '%s' "$base_url$uri"
        cat "$tmp/answer"
        printf '%s' "$answered"
    else
        netstrings auther-response-v2 "$status" "$method" "$base_url" "$uri"
        netstring_of "$tmp/answer"
        netstrings "$answered" "$nonce"
    fi
}

netstrings() {
    for text in "$@"; do
        printf '%d:%s,' "${#text}" "$text"
    done
}

netstring_of() {
    printf '%d:' "$(wc -c <"$1")"
    cat "$1"
    printf ,
}

# HMAC-SHA256 of the standard input under the signing key, by its definition (RFC 2104): `openssl dgst -hmac` would have
# the key on its command line. Here it passes through what is built into the shell, and through pipes.
hmac() {
    {
        padded_key 54
        cat
    } | openssl dgst -sha256 -binary >"$tmp/inner"
    {
        padded_key 92
        cat "$tmp/inner"
    } | openssl dgst -sha256 -binary
}

# The key, filled up with zeros to a block of 64 bytes, each XORed with the given one.
padded_key() {
    padding=$((64 - ${#signing_key}))
    for byte in $(printf '%s' "$signing_key" | od -An -v -tu1); do
        put $((byte ^ $1))
    done
    while [ "$padding" -gt 0 ]; do
        put "$1"
        padding=$((padding - 1))
    done
}

put() {
    # shellcheck disable=SC2059 # the byte is in the format, in octal
    printf "\\$(($1 / 64))$(($1 / 8 % 8))$(($1 % 8))"
}

# header NAME, in lower case: its value in the answer.
header() {
    tr -d '\r' <"$tmp/headers" | awk -v name="$1:" '
        tolower(substr($0, 1, length(name))) == name { sub(/^[^:]*: */, ""); print; exit }
    '
}

# The code of an error.
code() {
    sed -n -e 's/"details".*//' -e 's/.*"code" *: *"\([A-Z]*_[0-9]*\)".*/\1/p' "$tmp/answer"
}

# Prints the answer, and gives the verdict.
judge() {
    answer=$(cat "$tmp/answer")
    case $status:$(code) in
        200:*) ;;
        *:F_* | *:CP_002 | *:NF_001 | *:RF_001)
            printf '%s\n' "$answer"
            result=2
            return
            ;;
        *) die "$status $answer" ;;
    esac
    [ -z "$answer" ] || printf '%s\n' "$answer"
    # Only what says yes is a yes: something else than the service may answer 200 as well.
    case $command:$answer in
        enrol:*'"personId":"'"$id"'"'* | update:*'"personId":"'"$id"'"'*) result=0 ;;
        get:*'"personId":"'"$id"'"'* | verify:*'"personId":"'"$id"'"'*) result=0 ;;
        identify:*'"personId":"'*) result=0 ;;
        remove:) result=0 ;;
        check:*'"accepted":true'*) result=0 ;;
        check:*'"accepted":false'*) result=2 ;;
        compare:'{"facesMatched":'*[1-9]*'}') result=0 ;;
        compare:'{"facesMatched":0'*'}') result=2 ;;
        *) die "this is no answer of the Auther Check API" ;;
    esac
}

main "$@"
