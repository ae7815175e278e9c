# fail BASE FOLDER REASON: records why a job has no end of its own, when what was to run it, or has run it, is gone. Then it stays
# so, and its wrapper starts nothing any more. Prints one line (src/jobs/fail.ts): recorded, finished, busy (its wrapper lives), unknown.

main() {
  good_words "$1" "$2" || return 1
  cd "$1/$2" 2>/dev/null || { echo unknown; return; }
  umask 077
  exec 8>>lock
  # Those who wait for the end hold it for a moment.
  flock -x -w 2 8 || { echo busy; return; }
  if has_exit || [ -e failed ]; then
    echo finished
  elif [ -e cancel ] && [ ! -e pid ]; then
    write_exit 130 'before start' && echo recorded
  else
    printf '%s\n' "$3" >failed.new && mv -T failed.new failed && echo recorded
  fi
}

main "$@"
