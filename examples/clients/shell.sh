#!/bin/sh
# One line in a shell: sh shell.sh [ws://localhost:8080]. With websocat in place of wscat:
#   printf 'BBOX 5.9 45.8 10.5 47.9\nSUB demo:trains snapshot=true\n' | websocat --no-close ws://localhost:8080
npx wscat --connect "${1:-ws://localhost:8080}" --execute 'BBOX 5.9 45.8 10.5 47.9' --execute 'SUB demo:trains snapshot=true' --wait -1
