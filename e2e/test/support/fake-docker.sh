#!/usr/bin/env bash
# Stands for `docker` in the tests of deploy/roll.sh, for what that script uses. A container is a file in $STACK/now:
# its name is the id, its content the state, health and number of restarts. Lines of $STACK/next are the states of
# containers to come; without one, they are healthy. A state that ends with `answers` is of a container that answers,
# whatever its health; the one that $STACK/hangs names answers no more once another is stopped. $STACK/stopped lists the
# containers that were stopped, not only removed. $STACK/checks has a line for each Node that was started to ask gateways.
# $STACK/history has a line for each change: how many gateways serve, and how many containers there are. A state that ends with
# `one-off` is of a container that `docker compose run` has started. $STACK/lists is how often containers can be listed.
set -eu
cd "$STACK/now"
SERVES='^running healthy [0-9]+$|^running .* answers$'
note() { echo "$(cat -- * 2>/dev/null | grep -cE "$SERVES" || true) $(find . -type f | wc -l)" >>../history; }
case "$1 $2" in
  'compose ps')
    if [ -f ../lists ]; then
      (($(cat ../lists) > 0)) || exit 1
      echo $(($(cat ../lists) - 1)) >../lists
    fi
    find . -type f | cut -c3- | sort -n
    ;;
  'compose config') printf '{ "services": { "gateway": { "deploy": { "replicas": %s } } } }\n' "$(cat ../replicas)" ;;
  'compose up')
    wanted=$(sed 's/.*--scale gateway=\([0-9]*\) .*/\1/' <<<"$*")
    while (($(grep -L 'one-off$' -- * | wc -l) < wanted)); do
      id=$(($(cat ../last) + 1))
      echo "$id" >../last
      { head -1 ../next | grep . || echo 'running healthy 0'; } >"$id"
      sed -i 1d ../next
    done
    note
    ;;
  inspect*)
    case "$3" in
      *oneoff*) grep -q 'one-off$' "$4" && echo True || echo False ;;
      *Healthcheck*) echo 'the check' ;;
      *IPAddress*) echo "10.0.0.$4 10.0.1.$4 " ;;
      *) cat "$4" ;;
    esac
    ;;
  exec*)
    [[ $* == "exec $2 node -e "* ]] || exit 64
    grep -q ^running "$2"
    echo "$2" >>../checks
    if (($# == 5)); then
      [[ $5 == *'the check' ]] && grep -qE "$SERVES" "$2"
    else
      for target in "${@:6}"; do
        id=${target%=*}
        [[ $target == "$id=10.0.0.$id" ]] && grep -qE "$SERVES" "$id" || echo "$id"
      done
    fi
    ;;
  logs*) echo "the last words of $4" ;;
  stop*)
    echo 'exited  0' >"$2" && echo "$2" >>../stopped && note
    if [ -f ../hangs ]; then echo 'running healthy 0 hangs' >"$(cat ../hangs)" && rm ../hangs; fi
    ;;
  rm*) rm "$3" && note ;;
  *) echo "fake docker knows no $*" >&2 && exit 64 ;;
esac
