#!/bin/sh
# Starts one node per framework on 127.0.0.1:8081, 8082 and 8083, for a try on one
# machine with the simulator. Ctrl+C ends them all.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
go build -o "$folder/node" .

export REDIS_URL="${REDIS_URL:-redis://127.0.0.1:6390/0}" DB="${DB:-$folder/members.db}"
export WECHAT_APP_ID=wx0123456789abcdef WECHAT_APP_SECRET=0123456789abcdef0123456789abcdef
export WECHAT_OPEN_URL="${SIMULATOR:-http://127.0.0.1:8089}" WECHAT_API_URL="${SIMULATOR:-http://127.0.0.1:8089}"
export WECHAT_PUBLIC_URL="https://localhost:${HTTPS_PORT:-8443}" WECHAT_ANY_BROWSER=1

trap 'trap - EXIT INT TERM; kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT INT TERM
port=${FIRST_PORT:-8081}
for framework in gin fiber nethttp; do
	ADDR=127.0.0.1:$port "$folder/node" -framework $framework &
	port=$((port + 1))
done
wait
