#!/usr/bin/env bash
# Replaces the gateways of the compose stack with new ones, with the current image and settings, so that no client is
# refused:
#   docker compose build gateway && deploy/roll.sh
# The new gateways start one by one, so that they take little CPU time from the old ones; then the old ones drain and stop, one
# by one. If a new gateway does not become healthy, this shows its log, removes all new ones, and leaves the old ones running.
#   deploy/roll.sh 5     also changes their number
# COMPOSE_* variables select the stack. ROLL_PATIENCE is how long a gateway may take to become healthy, in seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
patience=${ROLL_PATIENCE:-60}

say() { echo "roll: $*" >&2; }

# IDs of all containers of gateways, whatever their state. Those of `docker compose run`, such as a check, are none.
gateways() {
  local id ids label='{{index .Config.Labels "com.docker.compose.oneoff"}}'
  ids=$(docker compose ps --all --quiet gateway) || return
  for id in $ids; do
    [[ $(docker inspect --format "$label" "$id" 2>/dev/null) == True ]] || echo "$id"
  done
}

# "running healthy 0": state, health, and how often it was restarted.
state() { docker inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}} {{.RestartCount}}' "$1"; }

# Whether Docker has seen it answer: what a new one must do before it counts.
healthy() { [[ $(state "$1") == 'running healthy '* ]]; }

# Whether it answers now, by the health check of its image. What Docker says may be minutes old, and a gateway that was paused
# is unhealthy to Docker until the next check.
serves() {
  [[ $(state "$1") == 'running '* ]] && docker exec "$1" node -e "setTimeout(() => process.exit(1), 10000)
    $(docker inspect --format '{{index .Config.Healthcheck.Test 3}}' "$1")" >/dev/null 2>&1
}

# Prints which of these gateways do not answer now. The first one asks them all, because each check starts a Node.
unanswered() {
  local id networks targets=()
  for id in "$@"; do
    networks=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$id") || networks=
    targets+=("$id=${networks%% *}")
  done
  docker exec "$1" node -e 'Promise.all(process.argv.slice(1).map(async (target) => {
    const [id, address] = target.split("=");
    const timeout = AbortSignal.timeout(10000);
    const answer = await fetch("http://" + address + ":8080/healthz", { signal: timeout }).catch(() => null);
    if (!answer?.ok) console.log(id);
  })).then(() => process.exit())' "${targets[@]}" 2>/dev/null || echo "$1"
}

remove() {
  # SIGTERM; a gateway has stop_grace_period for its drain, and so has one that hangs.
  [[ $(state "$1") != 'running '* ]] || docker stop "$1" >/dev/null
  docker rm --force "$1" >/dev/null
}

# Containers that were not there before the roll.
added() {
  local id
  for id in $(gateways); do [[ $before == *"$id"* ]] || echo "$id"; done
}

taken_over=
give_up() {
  local id
  say "$*"
  for id in $(added); do remove "$id"; done
  say "nothing has changed: ${#old[@]} gateways serve, as before"
  exit 1
}

# Starts one more gateway, and waits until it is healthy.
start() {
  local id ids deadline=$((SECONDS + patience))
  # Otherwise, compose would be asked for one gateway, and stop all others.
  ids=$(gateways) || give_up 'the gateways cannot be listed; see above'
  docker compose up --detach --no-deps --no-recreate --no-build \
    --scale gateway=$(($(wc -w <<<"$ids") + 1)) gateway >/dev/null || give_up 'a new gateway cannot start; see above'
  for id in $(added); do
    until healthy "$id"; do
      if [[ $(state "$id") != 'running '*' 0' ]] || ((SECONDS > deadline)); then
        docker logs --tail 20 "$id" >&2 || true
        give_up "a new gateway does not become healthy. The end of its log is above. Its settings are those of .env and" \
          "of this shell; see docs/settings.md"
      fi
      sleep 0.5
    done
  done
}

# What serves counts. What a crash or an earlier failure left does not, and compose would start it again.
# What runs but does not answer may still have clients, so it goes last of all.
old=()
silent=()
for id in $(gateways); do
  if serves "$id"; then
    old+=("$id")
  elif [[ $(state "$id") == 'running '* ]]; then
    silent+=("$id")
  else
    say "removing $id, which is not running"
    docker rm --force "$id" >/dev/null
  fi
done
if ((${#old[@]} == 0)); then
  say 'no gateway answers; start the stack with: docker compose up --build --wait'
  exit 1
fi
count=${1:-${#old[@]}}
if ! [[ $count =~ ^[1-9][0-9]*$ ]]; then
  say "the number of gateways must be a whole number from 1, not $count"
  exit 1
fi
before=$(gateways)

trap '[[ -n $taken_over ]] || give_up interrupted; exit 1' INT TERM
for ((i = 0; i < count; i++)); do start; done
taken_over=yes
read -ra new <<<"$(added | tr '\n' ' ')"
for id in "${old[@]}" ${silent[@]+"${silent[@]}"}; do
  # A new gateway that served a moment ago may have crashed, or may hang under the clients of the last old one.
  missing=$(unanswered "${new[@]}" | tr '\n' ' ')
  if [[ -n $missing ]]; then
    say "the remaining old gateways stay, because new ones do not answer: ${missing% }. Run this again once they do"
    exit 1
  fi
  say "draining $id"
  remove "$id"
done
say "$count gateways serve, all of them new"
wanted=$(docker compose config --format json gateway | tr -d ' \n' | sed -n 's/.*"gateway":{.*"replicas":\([0-9]*\).*/\1/p')
[[ $wanted == "$count" ]] || say "set GATEWAY_REPLICAS=$count in .env, or the next docker compose up -d changes it to $wanted"
