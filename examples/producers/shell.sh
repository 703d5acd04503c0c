#!/bin/sh
# Writes a feature into Redis, for Viaduct, with nothing but redis-cli:
#
#   sh shell.sh put trains 17 '{"type":"Feature","id":17,"geometry":{"type":"Point","coordinates":[7.44,46.95]},"properties":{}}'
#   sh shell.sh remove trains 17          an id that is text is written as JSON: '"a17"'
#
# REDIS_URL names another server than redis://localhost:6379.
set -eu

# Quotes a text for redis-cli: in its single quotes, only quotes are special. Line breaks in JSON are only white space.
quoted() {
  printf "'%s'" "$(printf %s "$1" | tr '\n' ' ' | sed "s/'/\\\\'/g")"
}

# The text of a JSON string, or the number. It understands only escaped quotes, slashes and backslashes.
text() {
  printf %s "$1" | sed 's/^"//; s/"$//; s/\\\(["\\/]\)/\1/g'
}

# The hash has the state, the channel of the same name the change: both or neither.
case "${1:-}" in
  put) state="HSET $(quoted "$2") $(quoted "$3") $(quoted "$4")" message=$4 ;;
  remove)
    state="HDEL $(quoted "$2") $(quoted "$(text "$3")")"
    message="{\"type\":\"Feature\",\"id\":$3,\"geometry\":null,\"properties\":null}"
    ;;
  *) echo 'usage: sh shell.sh put CHANNEL FIELD FEATURE, or sh shell.sh remove CHANNEL ID' >&2; exit 2 ;;
esac

answers=$(redis-cli -u "${REDIS_URL:-redis://localhost:6379}" <<END
MULTI
$state
PUBLISH $(quoted "$2") $(quoted "$message")
EXEC
END
)
# EXEC answers with a number for each command, or with an error in its place; redis-cli only prints it.
if printf '%s\n' "$answers" | grep -qvE '^(OK|QUEUED|[0-9]+)$'; then
  printf '%s\n' "$answers" >&2
  exit 1
fi
