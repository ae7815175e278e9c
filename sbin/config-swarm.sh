#!/bin/sh
# The old name. A shell script, because people start it as `sh sbin/config-swarm.sh`, too.
file=$0
while [ -L "$file" ]; do
  link=$(readlink "$file")
  case $link in
    /*) file=$link ;;
    *) file=$(dirname -- "$file")/$link ;;
  esac
done
exec "$(dirname -- "$file")/config-swarm" "$@"
