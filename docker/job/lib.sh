#!/bin/sh
# What the job scripts share; readJobScripts puts it before each of them. POSIX sh, coreutils, util-linux, findutils, grep.
# A folder of a job: docs/job-record.md. Every function works on the current folder, which is the job's.

# shellcheck disable=SC2034
CANNOT_FORK='cannot fork: too many processes'

# fields_of PID: state, parent, group, session, … and as the 20th the start, in clock ticks since boot (proc_pid_stat(5) from
# field 3 on; a program's name may hold blanks and brackets). Fails when there is no such process.
fields_of() {
  fields=$(cat "/proc/$1/stat" 2>/dev/null) && fields=${fields##*) } && [ -n "$fields" ]
}

# start_of PID, into $start
start_of() {
  start=
  fields_of "$1" || return 1
  # shellcheck disable=SC2086  # fields are words
  set -- $fields
  shift 19
  start=$1
}

# lives PID START: that very process is there, and no zombie
lives() {
  start_of "$1" && [ "$start" = "$2" ] || return 1
  case $fields in Z* | X*) return 1 ;; esac
}

# boot_id is the kernel's and the same in every container of a machine; the start of process 1 tells them apart.
# hidepid hides process 1 of a machine; of a container it does not.
read_stamp() {
  start_of 1 || start=0
  stamp=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null):$start
}

# read_uptime, into $uptime: seconds with two digits; $seconds without
read_uptime() {
  read -r uptime seconds </proc/uptime
  seconds=${uptime%.*}
}

# has_exit, the code into $code
has_exit() {
  code=
  [ -e exit ] || return 1
  line=$(cat exit 2>/dev/null)
  case ${line#v1 } in "$line" | '' | *[!0-9]* | 0?* | ????*) return 1 ;; esac
  code=${line#v1 }
}

# write_exit CODE REASON: `end` with the details first, then the record. The room for it was taken at the start (reserve_exit).
write_exit() {
  read_uptime
  { print_end "$1" "$2" >end.new && mv -T end.new end; } 2>/dev/null
  for pause in 1 1 1 1 0; do
    write_exit_once "$1" 2>/dev/null && return
    sleep $pause
  done
  return 1
}

# print_end CODE REASON: the text of `end`
print_end() {
  printf 'code %s\noom %s\nstarted %s\nended %s\nreason %s\n' "$1" "${oom:-0}" "${began:--}" "$uptime" "$2"
}

write_exit_once() {
  text="v1 $1"
  [ -e exit.new ] || true >exit.new || return 1
  printf '%s\n' "$text" | dd of=exit.new conv=notrunc,fsync status=none &&
    truncate -s $((${#text} + 1)) exit.new && [ "$(cat exit.new)" = "$text" ] && sync exit.new && mv -T exit.new exit
  sync . || :
}

# On a disk that is full at the end, a file that has its block can still be written.
reserve_exit() {
  printf '%-64s\n' '' >exit.new
}

# read_gone STREAM, into $gone: how many bytes of its beginning are not kept any more (--max-output). The job may have written into
# its folder, and may have emptied the file itself.
read_gone() {
  gone=0
  [ -f "$1.from" ] || return 0
  gone=$(head -c 20 "$1.from" 2>/dev/null)
  case $gone in '' | *[!0-9]* | 0?* | ????????????????*) gone=0 ;; esac
  [ "$gone" -le "$(stat -c %s "$1" 2>/dev/null || echo 0)" ] || gone=0
}

# read_child: leader and begin of the job's session, as the job itself wrote them before its command
read_child() {
  leader='' leader_start=''
  [ -e child ] && read -r leader leader_start began <child && [ -n "$leader_start" ]
}

# Its pid cannot be given away while it is there, zombie or not, so its session and its group are the job's.
leader_is_there() {
  read_child && start_of "$leader" && [ "$start" = "$leader_start" ]
}

# members ID, into $members: the live processes of the job. Known by their environment, also those that left the session;
# by their session those that changed their environment or belong to another user, while the session is surely the job's.
members() {
  members=$(grep -lazxF "SPARK_SWARM_JOB_ID=$1" /proc/[0-9]*/environ 2>/dev/null | grep -o '[0-9]\+')
  if leader_is_there; then
    members=$members' '$(grep -lazE "^[0-9]+ \(.*\) [^ZX] [0-9]+ [0-9]+ $leader " /proc/[0-9]*/stat 2>/dev/null | grep -o '[0-9]\+')
  fi
  # shellcheck disable=SC2086
  members=$(printf '%s\n' $members | sort -un)
}

# read_pid, into $pid $pid_start $pid_stamp $pid_host
read_pid() {
  pid='' pid_start='' pid_stamp='' pid_host=''
  [ -e pid ] && read -r pid pid_start pid_stamp pid_host <pid && [ -n "$pid_host" ]
}

# until_over ID SECONDS: returns when nothing of the job lives any more; 3 when the time is over.
# It takes the lock only after the wrapper has: `pid` is written under it.
until_over() {
  read_uptime
  until_second=$((seconds + $2))
  while ! [ -e pid ] && ! [ -e exit ] && ! [ -e failed ]; do
    [ -d "$PWD" ] || return 1
    read_uptime
    [ "$seconds" -lt "$until_second" ] || return 3
    claim_is_dead && return
    sleep 0.1
  done
  [ -e pid ] || return 0
  flock -s -w $((until_second - seconds)) lock true || { [ -e lock ] && return 3; return 1; }
  while ! has_exit && members "$1" && [ -n "$members" ]; do
    read_uptime
    [ "$seconds" -lt "$until_second" ] || return 3
    sleep 0.2
  done
}

# claim_is_dead: launched in vain, for the limit of src/jobs/states.ts has passed. Of a task only Docker knows.
claim_is_dead() {
  # shellcheck disable=SC2034
  read -r claim_version claim_uptime claim_stamp claim_mode claim_rest <claim 2>/dev/null || return 0
  read_stamp
  read_uptime
  [ "$claim_mode" != task ] || return 1
  [ "$claim_stamp" != "$stamp" ] || [ $((seconds - ${claim_uptime%.*})) -gt 30 ]
}

# good_words BASE FOLDER: nothing outside the folder of records can be named
good_words() {
  case $1 in /*) ;; *) return 1 ;; esac
  case $2 in '' | .* | -* | *[!A-Za-z0-9._-]*) return 1 ;; esac
}
