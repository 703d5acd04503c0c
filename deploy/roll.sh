#!/usr/bin/env bash
# Replaces all gateways of the compose stack, one after the other, so that no client is refused:
#   docker compose build gateway && deploy/roll.sh
# New gateways start beside the old ones; then each old one drains and stops. COMPOSE_* variables select the stack.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

read -r -d '' -a old < <(docker compose ps --quiet gateway) || true
count=${#old[@]}
if ((count == 0)); then
  echo 'no gateway runs; start the stack with: docker compose up --build --wait' >&2
  exit 1
fi

docker compose up --detach --no-deps --no-recreate --scale gateway=$((count * 2)) --wait gateway
for id in "${old[@]}"; do
  # SIGTERM; the gateway has stop_grace_period for its drain.
  docker stop "$id"
  docker rm "$id"
done
