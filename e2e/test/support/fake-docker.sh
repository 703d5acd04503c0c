#!/usr/bin/env bash
# Stands for `docker` in the tests of deploy/roll.sh, for what that script uses. A container is a file in $STACK/now:
# its name is the id, its content the state, health and number of restarts. Lines of $STACK/next are the states of
# containers to come; without one, they are healthy. A state that ends with `answers` is of a container that answers,
# whatever its health. $STACK/stopped lists the containers that were stopped, not only removed. $STACK/history has a line for
# each change: how many gateways serve, and how many containers there are.
set -eu
cd "$STACK/now"
SERVES='^running healthy|^running .* answers$'
note() { echo "$(cat -- * 2>/dev/null | grep -cE "$SERVES" || true) $(find . -type f | wc -l)" >>../history; }
case "$1 $2" in
  'compose ps') find . -type f | cut -c3- | sort -n ;;
  'compose config') printf '{ "services": { "gateway": { "deploy": { "replicas": %s } } } }\n' "$(cat ../replicas)" ;;
  'compose up')
    wanted=$(sed 's/.*--scale gateway=\([0-9]*\) .*/\1/' <<<"$*")
    while (($(find . -type f | wc -l) < wanted)); do
      id=$(($(cat ../last) + 1))
      echo "$id" >../last
      { head -1 ../next | grep . || echo 'running healthy 0'; } >"$id"
      sed -i 1d ../next
    done
    note
    ;;
  inspect*) if [[ $3 == *Healthcheck* ]]; then echo 'the check'; else cat "$4"; fi ;;
  exec*) [[ $* == "exec $2 node -e "*'the check' ]] && grep -qE "$SERVES" "$2" ;;
  logs*) echo "the last words of $4" ;;
  stop*) echo 'exited  0' >"$2" && echo "$2" >>../stopped && note ;;
  rm*) rm "$3" && note ;;
  *) echo "fake docker knows no $*" >&2 && exit 64 ;;
esac
