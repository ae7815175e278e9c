#!/bin/sh
# Tries to reach other machines, all at the same time, and prints one line for each try. Read by src/machines/reach.ts.
# Arguments: SECONDS, then `tcp/ADDRESS/PORT` and `udp/ADDRESS/PORT`. An address is one of digits, letters, dots and colons.
# Lines: `tcp/10.0.0.5/2377 open`, ` refused` (it answered that nobody listens there: it was reached),
# ` filtered WORDS` (no answer, or a router's no), ` unknown WORDS` (cannot be told).

have() {
  command -v "$1" >/dev/null 2>&1
}

# judge STATUS WORDS
judge() {
  case $2 in
    *[Rr]efused*) echo refused ;;
    *'No route'* | *nreachable* | *'not permitted'* | *'ermission denied'*) echo "filtered ${2##*: }" ;;
    *'imed out'*) echo "filtered no answer within $LIMIT s" ;;
    *) case $1 in
      0) echo open ;;
      124 | 143) echo "filtered no answer within $LIMIT s" ;;
      *) echo "unknown ${2:-exit status $1}" ;;
    esac ;;
  esac
}

try_tcp() {
  if have bash; then
    # shellcheck disable=SC2016 # the other shell fills it in
    words=$(timeout "$LIMIT" bash -c 'exec 3<>"/dev/tcp/$1/$2"' try "$1" "$2" 2>&1)
  elif have nc; then
    words=$(timeout "$((LIMIT + 1))" nc -w "$LIMIT" "$1" "$2" 2>&1)
  else
    echo 'unknown neither bash nor nc is there to try with'
    return
  fi
  judge $? "$(printf '%s' "$words" | tail -n 1)"
}

# Only the second datagram meets the answer to the first. No answer is what a listening port gives, and a firewall.
try_udp() {
  if ! have bash; then
    echo 'unknown bash is not there to try with'
    return
  fi
  # shellcheck disable=SC2016 # the other shell fills it in
  words=$(timeout "$LIMIT" bash -c '
    exec 3>"/dev/udp/$1/$2" || exit
    for n in 1 2 3; do printf x >&3 || exit; sleep 0.4; done' try "$1" "$2" 2>&1)
  answer=$(judge $? "$(printf '%s' "$words" | tail -n 1)")
  case $answer in
    open | *' no answer within '*) echo 'unknown no answer' ;;
    *) echo "$answer" ;;
  esac
}

try() {
  kind=${1%%/*}
  rest=${1#*/}
  printf '%s %s\n' "$1" "$("try_$kind" "${rest%/*}" "${rest##*/}")"
}

main() {
  export LC_ALL=C
  LIMIT=$1
  shift
  if ! have timeout; then
    echo 'reach: the program "timeout" is missing' >&2
    exit 3
  fi
  for target in "$@"; do
    try "$target" &
  done
  wait
  echo end
}

# The script itself comes on standard input: nothing in it may read that.
main "$@" </dev/null
