#!/bin/sh
# Closes the connections of a user with nothing but curl and openssl: terminate.sh USER_ID, percent-encoded
# Where and as whom is told by the variables of a Laravel .env.
set -eu

path="/apps/$PUSHER_APP_ID/users/$1/terminate_connections"
query="auth_key=$PUSHER_APP_KEY&auth_timestamp=$(date +%s)&auth_version=1.0"
signature=$(printf 'POST\n%s\n%s' "$path" "$query" | openssl dgst -sha256 -hmac "$PUSHER_APP_SECRET" -r | cut -d' ' -f1)

curl --silent --show-error --fail-with-body --path-as-is --request POST \
    "http://$PUSHER_HOST:$PUSHER_PORT$path?$query&auth_signature=$signature"
