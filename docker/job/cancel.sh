# cancel BASE FOLDER cancel|timeout GRACE here|record: INT, TERM after GRACE seconds, KILL after as many again.
# Prints one line (src/jobs/cancel.ts): finished, ended CODE, marked, lost, denied PID…, alive PID…, unknown.
# `record`: where the files are, but not the processes: the marker, and the end of a job that has not begun.
# Only processes that are surely the job's get a signal: lib.sh, members.

main() {
  base=$1 folder=$2 why=$3 grace=$4 place=$5 id=${2##*-}
  umask 077
  good_words "$base" "$folder" || say unknown
  [ -d "$base/$folder" ] || cancel_upload
  cd "$base/$folder" || say unknown
  ! has_exit && [ ! -e failed ] || say finished
  read_stamp
  refuse_lost
  mark .
  read_pid || before_start
  [ "$pid_stamp" = "$stamp" ] || say marked
  [ "$place" = here ] || say marked
  end_processes
}

say() {
  printf '%s\n' "$1"
  exit 0
}

# mark FOLDER: whole or not at all, and the first reason stays. A full disk has room for a name alone.
mark() {
  read_uptime
  marker=$1/cancel.$$
  if printf '%s %s\n' "$why" "$uptime" >"$marker"; then ln "$marker" "$1/cancel"; else true >>"$1/cancel"; fi 2>/dev/null
  rm -f "$marker"
}

# The marker goes with the folder when it is launched.
cancel_upload() {
  for staging in "$base/.new/$folder".*; do
    [ -d "$staging" ] || continue
    newest=$(find "$staging" -printf '%C@\n' 2>/dev/null | sort -n | tail -n 1)
    # It has just been launched.
    [ -n "$newest" ] || continue
    [ $(($(date +%s) - ${newest%.*})) -le 60 ] || say finished
    mark "$staging"
    [ -d "$base/$folder" ] || say marked
  done
}

# What is lost is final: a marker and a record would change it.
refuse_lost() {
  if ! read_pid; then
    claim_is_dead && say finished
    return
  fi
  # shellcheck disable=SC2034
  read -r version claim_uptime claim_stamp claim_mode <claim
  if [ "$pid_stamp" != "$stamp" ]; then
    [ "$place" = record ] && [ "$claim_mode" = task ] && return
    say lost
  fi
  lives "$pid" "$pid_start" && return
  members "$id"
  [ -n "$members" ] || has_exit || say lost
}

# Whoever has the lock while there is no pid keeps the wrapper from starting anything.
before_start() {
  tries=0
  exec 8>>lock
  while ! has_exit && [ ! -e failed ] && [ $tries -lt 100 ]; do
    if read_pid; then
      exec 8>&-
      return
    fi
    if flock -x -n 8 && ! read_pid && ! has_exit && [ ! -e failed ]; then
      write_exit 130 'before start'
      say 'ended 130'
    fi
    flock -u 8
    sleep 0.1
    tries=$((tries + 1))
  done
  has_exit && say "ended $code"
  say finished
}

end_processes() {
  strongest=130
  lives "$pid" "$pid_start" && kill -s CONT "$pid" 2>/dev/null
  # The group: a shell's children too.
  leader_is_there && kill -s INT -- "-$leader" 2>/dev/null || signal INT
  wake
  if ! gone_within "$grace"; then
    strongest=143
    signal TERM
    wake
    if ! gone_within "$grace"; then
      strongest=137
      killed_within 5 || say "alive $(echo $members)"
    fi
  fi
  finish_record
}

# signal NAME: to every process of the job
signal() {
  denied=''
  members "$id"
  for member in $members; do
    kill -s "$1" "$member" 2>/dev/null || [ ! -e "/proc/$member" ] || denied="$denied $member"
  done
  [ -z "$denied" ] || [ "$1" != KILL ] || say "denied$denied"
}

wake() {
  members "$id"
  for member in $members; do
    fields_of "$member" && case $fields in T* | t*) kill -s CONT "$member" 2>/dev/null ;; esac
  done
}

# gone_within SECONDS
gone_within() {
  read_uptime
  until_hundredth=$(($(hundredths "$uptime") + $(hundredths "$1")))
  while members "$id" && [ -n "$members" ]; do
    read_uptime
    [ "$(hundredths "$uptime")" -lt $until_hundredth ] || return 1
    sleep 0.05
  done
}

hundredths() {
  fraction=${1#*.}
  [ "$fraction" != "$1" ] || fraction=00
  fraction=${fraction}00
  fraction=${fraction%"${fraction#??}"}
  echo $((${1%.*} * 100 + ${fraction#0}))
}

# A process may fork while it is looked for.
killed_within() {
  tries=0
  while members "$id" && [ -n "$members" ]; do
    signal KILL
    tries=$((tries + 1))
    [ $tries -lt $(($1 * 20)) ] || return 1
    sleep 0.05
  done
}

# The wrapper writes the record; for a wrapper that is dead it is written here, with what ended the job.
finish_record() {
  flock -s -w 10 lock true
  ! has_exit || say "ended $code"
  [ ! -e failed ] || say finished
  exec 8>>lock
  flock -x -w 5 8 || say "alive $pid"
  ! has_exit || say "ended $code"
  read_child
  write_exit $strongest 'the wrapper was gone'
  has_exit && say "ended $code"
  say lost
}

main "$@"
