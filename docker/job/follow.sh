# follow BASE FOLDER OUT ERR yes|no [OUTMAX ERRMAX]: the job's stdout from byte OUT on standard output, its stderr from byte ERR
# on standard error; `-` leaves one out. With yes until the job is over and everything is printed; 3 when its wrapper has not begun
# within 2 s, for of a task only Docker knows whether it ever will. With no so many bytes at most: a job may print faster than one reads.

main() {
  good_words "$1" "$2" || return 1
  cd "$1/$2" 2>/dev/null || return 1
  out=$3 err=$4 out_max=${6:--} err_max=${7:--} looks=0
  [ "$5" = yes ] || { print_all; return; }
  while [ ! -e pid ] || [ ! -e stdout ] || [ ! -e stderr ]; do
    [ -d "$1/$2" ] || return 1
    [ ! -e exit ] && [ ! -e failed ] && ! claim_is_dead || { print_all; return; }
    [ $looks -lt 20 ] || return 3
    looks=$((looks + 1))
    sleep 0.1
  done
  # Not in this shell: tail asks whether it is there, and what is dead but not yet waited for is there.
  (until_over "${2##*-}" 100000000) >/dev/null 2>&1 &
  over=$!
  [ "$err" = - ] || tail -c "+$((err + 1))" -s 0.1 -f --pid=$over stderr >&2 2>/dev/null &
  errors=$!
  [ "$out" = - ] || tail -c "+$((out + 1))" -s 0.1 -f --pid=$over stdout 2>/dev/null
  wait $over "$errors"
  return 0
}

print_all() {
  [ "$err" = - ] || [ ! -e stderr ] || print stderr "$err" "$err_max" >&2
  [ "$out" = - ] || [ ! -e stdout ] || print stdout "$out" "$out_max"
}

print() {
  if [ "$3" = - ]; then tail -c "+$(($2 + 1))" "$1"; else tail -c "+$(($2 + 1))" "$1" 2>/dev/null | head -c "$3"; fi
}

main "$@"
