# offsets BASE FOLDER LINES|all: where the last LINES lines of stdout and of stderr begin, their sizes, and how much of their
# beginnings is gone (--max-output), in bytes. Lines are looked for in the last 1 MiB: a line may be as long as the disk is large.

main() {
  good_words "$1" "$2" || return 1
  cd "$1/$2" 2>/dev/null || return 1
  for stream in stdout stderr; do
    # In this order: what is gone is never more than the size.
    read_gone $stream
    size=$(stat -c %s $stream 2>/dev/null || echo 0)
    printf '%s %s %s %s\n' $stream "$(start_of_lines $stream "$size" "$3")" "$size" "$gone"
  done
}

start_of_lines() {
  [ "$3" != all ] && [ "$2" -gt 0 ] || { echo "$gone"; return; }
  part=$(($2 - gone))
  [ "$part" -le 1048576 ] || part=1048576
  echo $(($2 - $(tail -c "+$(($2 - part + 1))" "$1" | head -c "$part" | tail -n "$3" | wc -c)))
}

main "$@"
