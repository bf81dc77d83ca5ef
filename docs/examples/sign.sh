#!/bin/sh
# Signs one request to the open gateway (RFC 9421, profile RCB-SIG-1) and sends it with curl; prints
# the answer's headers and body. Needs curl, openssl and xxd.
#
#   APP_ID=app_… KEY_ID=k_sbx_… SECRET_FILE=secret.txt \
#     ./sign.sh POST https://sandbox.open.example.com/gw/v1/identity/token:introspect \
#     'token=…' application/x-www-form-urlencoded
#   APP_ID=app_… KEY_ID=k_sbx_… KEY_FILE=p256.pem ./sign.sh GET https://…/gw/v1/quota
#
# IDEMPOTENCY_KEY=… is signed and sent when set. CONNECT_TO=host:port:address:port goes to curl.
# A secret on a command line can be seen by other users of the machine: on shared ones, use a key.
set -eu
method=$1 address=$2 body=${3-} kind=${4-application/json}

rest=${address#*://}
case $rest in */*) host=${rest%%/*} target=/${rest#*/} ;; *) host=$rest target=/ ;; esac
path=${target%%\?*}
query=${target#"$path"}
host=$(printf %s "$host" | tr '[:upper:]' '[:lower:]')
created=$(date +%s)
nonce=$(openssl rand -hex 16)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# --- What is signed, line by line; headers are collected for curl on the way ------------------------
names='' base=''
add() {
    names="$names${names:+ }\"$1\""
    base="$base\"$1\": $2
"
}
header() {
    add "$1" "$2"
    printf '%s: %s\n' "$1" "$2" >> "$work/headers"
}
add @method "$method"
add @authority "$host"
add @path "$path"
add @query "${query:-?}"
if [ -n "$body" ]; then
    printf %s "$body" > "$work/body"
    digest=$(openssl dgst -sha256 -binary "$work/body" | openssl base64 -A)
    header content-digest "sha-256=:$digest:"
    header content-type "$kind"
fi
header rcb-app-id "$APP_ID"
if [ -n "${IDEMPOTENCY_KEY-}" ]; then header idempotency-key "$IDEMPOTENCY_KEY"; fi
params="($names);created=$created;expires=$((created + 300));nonce=\"$nonce\";keyid=\"$KEY_ID\";tag=\"rcb-gw-1\""
printf '%s"@signature-params": %s' "$base" "$params" > "$work/base"

# --- The signature -----------------------------------------------------------------------------------
# P-256: openssl writes ASN.1, SEQUENCE { INTEGER r, INTEGER s }; wanted are r and s, 32 bytes each,
# padded with zeros on the left.
raw_signature() {
    openssl dgst -sha256 -sign "$KEY_FILE" "$work/base" |
        openssl asn1parse -inform DER |
        sed -n 's/.*INTEGER *:\([0-9A-F]*\)$/\1/p' |
        while read -r number; do printf '%64s' "$number" | tr ' ' 0; done |
        xxd -r -p
}
if [ -n "${KEY_FILE-}" ]; then
    signature=$(raw_signature | openssl base64 -A)
else
    secret=$(tr -d '\r\n' < "$SECRET_FILE" | xxd -p -c 200)
    signature=$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary "$work/base" | openssl base64 -A)
fi
printf 'Signature-Input: sig1=%s\nSignature: sig1=:%s:\n' "$params" "$signature" >> "$work/headers"

# --- Sending ---------------------------------------------------------------------------------------
set -- --silent --show-error --include --max-time 30 --request "$method" --header "@$work/headers"
if [ -n "$body" ]; then set -- "$@" --data-binary "@$work/body"; fi
if [ -n "${CONNECT_TO-}" ]; then set -- "$@" --connect-to "$CONNECT_TO"; fi
curl "$@" "$address"
