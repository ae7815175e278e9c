# wrapper BASE FOLDER host|login|task: runs the job's command and keeps the record. Ends with the command's own status.
# wrapper BASE FOLDER child [UMASK]: the part of it that becomes the command.
# It holds an exclusive lock on `lock` as long as it lives and is outside the job's session, so that it outlives the KILL.

main() {
  base=$1 folder=$2 mode=$3 dir=$1/$2 id=${2##*-}
  cd "$dir" || give_up "cannot enter $dir"
  [ "$mode" != child ] || become_command "${4:-}"
  # Who launched may be gone when it is told. The command gets the default again.
  trap '' PIPE
  mask=$(umask)
  umask 077
  { true >>lock; } 2>/dev/null || give_up "cannot write $dir/lock: $(why_not)"
  exec 9>>lock
  if ! flock -x -w 10 9; then
    # Another wrapper of it lives: what it has begun has not failed.
    [ -e pid ] || give_up 'the lock is taken'
    report over
    exit 1
  fi
  if [ -e exit ] || [ -e failed ] || [ -e pid ]; then
    report over
    has_exit && exit "$code"
    exit 1
  fi
  child='' timer='' signalled='' code=''
  trap 'stopped_short' EXIT
  trap 'forward INT' INT
  trap 'forward TERM' TERM
  trap 'forward HUP' HUP
  [ "$mode" = task ] || in_time || give_up 'the launch took longer than 25 s'
  write_pid
  if [ -e cancel ]; then
    write_exit 130 'before start'
    report over
    trap - EXIT
    exit 130
  fi
  report "started $line"
  # The launch reads both to their end.
  exec 3>&-
  [ "$mode" = task ] || exec 2>/dev/null
  read_number maxOutputBytes
  most=$number
  case $most in 0*) most='' ;; esac
  start_command
  start_timer
  start_trimmer
  wait_for_command
  stop_timer
  stop_trimmer
  now=$(oom_kills) && oom=$((now - oom_before)) || oom=0
  if ! read_child; then
    [ ! -e cancel ] || finish 130 'before start'
    fail "$(start_failure)"
  fi
  finish "$code" ''
}

report() {
  [ "$mode" = task ] || { printf '%s\n' "$1" >&3; } 2>/dev/null
}

# The command was never begun: that is FAILED and no exit.
give_up() {
  { printf '%s\n' "$1" >"$dir/failed"; } 2>/dev/null
  report "failed $1"
  trap - EXIT
  exit 1
}

fail() {
  { printf '%s\n' "$1" >failed; } 2>/dev/null
  trap - EXIT
  exit 1
}

why_not() {
  text=$({ printf 'x%4096s' '' >probe; } 2>&1; rm -f probe)
  case $text in '') echo 'the disk was full' ;; *) echo "${text##*: }" ;; esac
}

# Judged as failed after 30 s, for ever.
in_time() {
  # shellcheck disable=SC2034
  read -r version claim_uptime rest <claim || return 1
  read_uptime
  [ $((seconds - ${claim_uptime%.*})) -le 25 ]
}

# EX_OSERR of sysexits(3): how the part that becomes the command says it.
OSERR=71

# A shell that cannot fork ends where it stands; no other program can be run, but exec can.
stopped_short() {
  [ ! -e exit ] || return
  [ -z "$child" ] || [ -n "$code" ] || end_with_us
  if [ ! -e child ]; then
    { printf '%s\n' "$CANNOT_FORK" >failed; } 2>/dev/null
    report "failed $CANNOT_FORK"
  elif [ -n "$code" ]; then
    printf 'v1 %s\n' "$code" >exit.new && exec mv -T exit.new exit
  fi
}

# What was begun does not go on without us: nobody would end it in time.
end_with_us() {
  trap '' INT TERM HUP
  for number in $child $timer; do kill_group "$number"; done
  wait "$child"
  code=$?
  read_uptime
  read_child && [ "$code" = 137 ] || return
  { print_end 137 "$CANNOT_FORK" >end; } 2>/dev/null
}

write_pid() {
  read_stamp
  start_of $$
  line="$$ $start $stamp $(uname -n)"
  { true >>stdout && true >>stderr && reserve_exit && printf '%s\n' "$line" >pid.new && sync pid.new && mv -T pid.new pid; } 2>/dev/null ||
    { rm -f pid pid.new exit.new; give_up "no space left on $dir"; }
}

# INT is ignored in what a shell starts with &, and neither a shell nor a JVM can undo that: env can, from coreutils 8.31.
start_command() {
  oom_before=$(oom_kills) || exit "$OSERR"
  set -- sh "$dir/wrapper" "$base" "$folder" child
  if [ "$mode" = login ]; then
    # shellcheck disable=SC2016  # the login shell expands it
    set -- "$(login_shell)" -l -c 'exec "$@"' login "$@"
  else
    # As sbin/submit has it: what the job writes into the shared folder is its group's too.
    set -- "$@" 002
  fi
  umask "$mask"
  env --default-signal=INT,QUIT,TERM,HUP,PIPE SPARK_SWARM_JOB_ID="$id" setsid "$@" </dev/null >/dev/null 2>&1 9>&- &
  child=$!
  umask 077
  [ -z "$signalled" ] || forward "$signalled"
}

# Shells that know -l and -c with words; of others the system's own.
login_shell() {
  shell=${SHELL:-/bin/sh}
  case ${shell##*/} in bash | dash | ksh | mksh | zsh) ;; *) shell=/bin/sh ;; esac
  [ -x "$shell" ] || shell=/bin/sh
  printf '%s' "$shell"
}

forward() {
  signalled=$1
  [ -n "$child" ] || return 0
  kill -s "$1" -- "-$child" 2>/dev/null || kill -s "$1" "$child" 2>/dev/null
}

# `wait` also returns when a signal came, with 128 and its number, and then has to be called again; but not when the command
# ended at the same moment: then there is nothing to wait for, which reads as 127.
wait_for_command() {
  while :; do
    wait "$child"
    status=$?
    [ "$status" = 127 ] && [ -n "$code" ] && return
    code=$status
    [ -n "$signalled" ] || return
    # Whichever it was: another may have come since.
    case $code in 129 | 130 | 143) signalled='' ;; *) return ;; esac
  done
}

start_timer() {
  read_number timeoutMs
  [ -n "$number" ] || return 0
  limit=$(seconds_of "$number")
  read_number graceMs
  # shellcheck disable=SC2016
  setsid sh -c 'sleep "$1"; shift; exec sh "$@"' timer "$limit" \
    "$dir/canceller" "$base" "$folder" timeout "$(seconds_of "$number")" here </dev/null >/dev/null 2>&1 9>&- &
  timer=$!
  start_of $timer || :
  timer_start=$start
}

# The one that has ended the job has still to see that all of it is gone.
stop_timer() {
  [ -n "$timer" ] && ! grep -q '^timeout' cancel 2>/dev/null || return 0
  # It may have ended by itself and been waited for: then its number is a stranger's.
  lives "$timer" "$timer_start" || return 0
  kill_group "$timer"
}

# In this order: what is dead makes neither children nor a group, and until it is waited for its number is nobody else's.
kill_group() {
  kill -s KILL "$1" 2>/dev/null
  kill -s KILL -- "-$1" 2>/dev/null
}

# Keeps the last of what the job prints. It is no part of the job, and ends with this wrapper.
start_trimmer() {
  trimmer=''
  [ -n "$most" ] || return 0
  start_of $$
  own_start=$start
  (
    trap '' INT TERM HUP
    while lives $$ "$own_start"; do
      trim_output
      sleep 1 || :
    done
  ) </dev/null >/dev/null 2>&1 9>&- &
  trimmer=$!
  start_of $trimmer || :
  trimmer_start=$start
}

# As stop_timer. Then what was printed since it looked last.
stop_trimmer() {
  [ -n "$trimmer" ] || return 0
  ! lives "$trimmer" "$trimmer_start" || kill -s KILL "$trimmer" 2>/dev/null
  wait "$trimmer" 2>/dev/null
  trim_output 2>/dev/null
}

# A quarter more than what is to be kept, and the rest goes. The blocks at the beginning are given back and the size stays, so that
# a byte keeps its number for whoever reads on, and the job may write meanwhile. Then the number is written: before, on a full
# disk, there would be no room for it.
trim_output() {
  for stream in stdout stderr; do
    read_gone $stream
    # It was emptied: by `>/dev/stderr`, say.
    [ "$gone" -gt 0 ] || [ ! -e $stream.from ] || rm -f $stream.from
    size=$(stat -c %s $stream) || continue
    [ $((size - gone)) -gt $((most + most / 4)) ] || continue
    from=$((size - most))
    # From the beginning of a line on, where there is one near.
    rest=$(tail -c "+$((from + 1))" $stream | head -c 65536 | head -n 1 | wc -c)
    [ "$rest" -ge 65536 ] || from=$((from + rest))
    # The job may have emptied it meanwhile.
    [ "$(stat -c %s $stream)" -ge "$size" ] || continue
    fallocate --punch-hole --offset 0 --length $((from / 4096 * 4096)) $stream || continue
    printf '%s\n' "$from" >$stream.from.new && mv -T $stream.from.new $stream.from
  done
}

# read_number KEY, into $number; empty where there is none. A quotation mark inside a text of spec.json has a backslash before
# it, so this finds keys alone. A limit is not left out because it could not be read.
read_number() {
  number=$(grep -oE "\"$1\":[0-9]+" spec.json | head -n 1 | grep -oE '[0-9]+$')
  [ $? -le 1 ] || exit "$OSERR"
}

seconds_of() {
  printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# How often the kernel has killed something of our cgroup for lack of memory; version 2 counts in memory.events, version 1 in
# memory.oom_control. Inside a container its own cgroup is the root of what is mounted.
oom_kills() {
  v1=$(sed -n 's/^[0-9]*:\([^:]*,\)\{0,1\}memory\(,[^:]*\)\{0,1\}://p' /proc/self/cgroup 2>/dev/null)
  v2=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)
  for file in "/sys/fs/cgroup/memory$v1/memory.oom_control" /sys/fs/cgroup/memory/memory.oom_control \
    "/sys/fs/cgroup$v2/memory.events" /sys/fs/cgroup/memory.events; do
    kills=$(sed -n 's/^oom_kill //p' "$file" 2>/dev/null)
    [ -z "$kills" ] || break
  done
  printf '%s' "${kills:-0}"
}

start_failure() {
  case $code:$mode in
    $OSERR:*) echo "$CANNOT_FORK" ;;
    *:login) echo "the login shell $(login_shell) ended before the command, with status $code" ;;
    *) echo "the command could not be started: status $code" ;;
  esac
}

finish() {
  code=$1
  read_child
  write_exit "$1" "$2"
  trap - EXIT
  exit "$1"
}

# The record first, then a look for the marker; who cancels writes the marker first and then looks for the record. So one of
# them sees the other, and a job that was cancelled before its start never runs.
become_command() {
  trap 'exit $OSERR' EXIT
  own_mask=${1:-$(umask)}
  umask 077
  start_of $$
  read_uptime
  printf '%s %s %s\n' $$ "$start" "$uptime" >child.new && mv -T child.new child || { trap - EXIT; exit 126; }
  trap - EXIT
  [ ! -e cancel ] || exit 130
  { true >>stdout && true >>stderr; } || exit 126
  exec >>stdout 2>>stderr </dev/null
  cd files || exit 126
  umask "$own_mask"
  export SPARK_SWARM_JOB_DIR="$dir"
  set --
  # shellcheck source=/dev/null
  . "$dir/argv.sh"
  # shellcheck source=/dev/null
  . "$dir/env.sh"
  exec "$@"
}

main "$@"
