#!/bin/sh
# Triggers an event with nothing but curl and openssl: trigger.sh CHANNEL EVENT JSON
# Where and as whom is told by the variables of a Laravel .env.
set -eu

# Text inside a JSON string.
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

body=$(printf '{"channel":"%s","name":"%s","data":"%s"}' "$(quoted "$1")" "$(quoted "$2")" "$(quoted "$3")")
path="/apps/$PUSHER_APP_ID/events"
md5=$(printf '%s' "$body" | openssl dgst -md5 -r | cut -d' ' -f1)
query="auth_key=$PUSHER_APP_KEY&auth_timestamp=$(date +%s)&auth_version=1.0&body_md5=$md5"
signature=$(printf 'POST\n%s\n%s' "$path" "$query" | openssl dgst -sha256 -hmac "$PUSHER_APP_SECRET" -r | cut -d' ' -f1)

curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data-raw "$body" \
    "http://$PUSHER_HOST:$PUSHER_PORT$path?$query&auth_signature=$signature"
