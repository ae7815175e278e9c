# launch BASE FOLDER NONCE HASH host|login|task: makes the uploaded folder BASE/.new/FOLDER.NONCE a job and starts its wrapper.
# Prints one line (src/jobs/launch.ts): started PID…, claimed, already PID…|- [AGE], conflict, failed WHY, refused WHY, gone.
# The rename of a folder onto one that is not empty fails: of many launches one wins. Before it nothing is left behind, after
# it a reason is in `failed`.

main() {
  base=$1 folder=$2 hash=$4 mode=$5
  dir=$base/$folder staging=$base/.new/$folder.$3
  claimed='' said=''
  umask 077
  good_words "$base" "$folder" && good_words "$base" "n$3" || staging='' refuse "no such name: $folder.$3"
  trap 'ended' EXIT
  check_base
  [ ! -e "$dir" ] && [ ! -L "$dir" ] || answer_existing
  [ -d "$staging" ] || { [ ! -e "$dir" ] || answer_existing; say gone; }
  check_tools
  # After a loss of power the names may be there without the bytes. Before its age is judged, because it may take long.
  sync "$staging/spec.json" 2>/dev/null
  check_staging
  check_trimming
  lock_names
  check_name
  read_stamp
  read_uptime
  # The shell's own printf calls a full disk an input/output error.
  problem=$({ env printf 'v1 %s %s %s\n' "$uptime" "$stamp" "$mode" >"$staging/claim" && true >>"$staging/lock"; } 2>&1) ||
    incomplete "cannot write $staging/claim: $(short "$problem")"
  sync "$staging/claim" 2>/dev/null
  if ! problem=$(mv -T "$staging" "$dir" 2>&1); then
    incomplete "cannot rename $staging: $(short "$problem")"
  fi
  claimed=yes
  exec 7>&-
  [ "$mode" != task ] || say claimed
  start_wrapper
}

say() {
  said=yes
  printf '%s\n' "$1"
  exit 0
}

refuse() {
  said=yes
  [ -z "$staging" ] || [ -n "$claimed" ] || rm -rf -- "$staging"
  printf 'refused %s\n' "$1"
  exit 0
}

# What the last line of a program's message says.
short() {
  text=$(printf '%s' "$1" | tail -n 1)
  printf '%s' "${text##*: }"
}

# A shell that cannot fork ends where it stands: no other program can be run here.
ended() {
  [ -z "$said" ] || return 0
  reason=$CANNOT_FORK
  if [ -n "$claimed" ]; then
    printf '%s\n' "$reason" >"$dir/failed"
    printf 'failed %s\n' "$reason"
  else
    printf 'refused %s\n' "$reason"
  fi
}

# Whoever owns the folder can exchange what is in it. In the image it is everybody's and sticky.
check_base() {
  mkdir -p "$base" 2>/dev/null
  # shellcheck disable=SC2046
  set -- $(stat -L -c '%u %a' "$base" 2>/dev/null)
  [ -n "$2" ] || refuse "there is no folder $base and it cannot be made"
  uid=$(id -u)
  case $base:$2 in /var/lib/spark/jobs/records:1*) return ;; esac
  [ "$1" = "$uid" ] || staging='' refuse "$base belongs to uid $1, not to uid $uid: use another folder"
  case $2 in *[2367]? | *[2367]) chmod go-w "$base" || staging='' refuse "$base can be written by others" ;; esac
}

check_tools() {
  for tool in setsid flock find grep stat sync dd truncate; do
    command -v $tool >/dev/null || refuse "$tool is missing: coreutils, util-linux, findutils and grep are needed"
  done
  env --default-signal=INT true 2>/dev/null || refuse 'env --default-signal is missing: coreutils 8.31 or newer is needed'
}

# Not every file system can give back the beginning of a file: NFS before 4.2 cannot.
check_trimming() {
  grep -qE '"maxOutputBytes":[0-9]' "$staging/spec.json" || return 0
  command -v fallocate >/dev/null || refuse 'fallocate is missing: util-linux is needed for --max-output'
  problem=$({ env printf '%8192s' '' >"$staging/probe" && fallocate --punch-hole --offset 0 --length 4096 "$staging/probe"; } 2>&1) ||
    refuse "--max-output is not possible in $base: $(short "$problem")"
  rm -f "$staging/probe"
}

# Idle for 60 s is judged as interrupted, for ever: so nothing starts that comes near.
check_staging() {
  for file in spec.json argv.sh env.sh wrapper canceller files; do
    [ -e "$staging/$file" ] || incomplete "the upload is not complete: there is no $file"
  done
  grep -qF "\"hash\":\"$hash\"" "$staging/spec.json" 2>/dev/null || incomplete 'the upload is not complete: spec.json has another hash'
  newest=$(find "$staging" -printf '%C@\n' 2>/dev/null | sort -n | tail -n 1)
  # Of a pipe a part alone may not have been made.
  [ -n "$newest" ] || { [ ! -d "$staging" ] || exit 2; incomplete 'the upload is gone'; }
  [ $(($(date +%s) - ${newest%.*})) -le 50 ] || refuse 'the upload lay still for more than 50 s: send it again'
  # Not before the look: it is a change as well.
  chmod 700 "$staging" 2>/dev/null
}

# Or another launch of the same upload was faster.
incomplete() {
  [ ! -d "$dir" ] || answer_existing
  refuse "$1"
}

# Of two launches with one id and two names each would see no other. The folder itself is locked: no file is left behind.
lock_names() {
  exec 7<"$base"
  flock -x -w 30 7 || incomplete "another launch holds $base: try again"
  [ ! -e "$dir" ] || { exec 7>&-; answer_existing; }
}

# The id is what a job is known by; by another name it would be another folder.
check_name() {
  for other in "$base"/*-"${folder##*-}"; do
    [ -d "$other" ] && [ "$other" != "$dir" ] || continue
    rm -rf -- "$staging"
    say conflict
  done
  # Its own marker goes with it.
  for other in "$base/.new/$folder".*/cancel; do
    [ ! -e "$other" ] || [ "$other" = "$staging/cancel" ] || refuse 'it was cancelled while it was sent'
  done
}

answer_existing() {
  [ -d "$dir" ] && [ ! -L "$dir" ] && [ -O "$dir" ] || staging='' refuse "$dir is there and is not a job of ours"
  rm -rf -- "$staging"
  cd "$dir" || say gone
  [ -s spec.json ] || staging='' refuse "$dir is damaged: its spec.json cannot be read"
  grep -qF "\"hash\":\"$hash\"" spec.json || say conflict
  tries=0
  while [ ! -e pid ] && [ ! -e exit ] && [ ! -e failed ] && [ "$mode" != task ] && [ $tries -lt 100 ]; do
    claim_is_dead && break
    sleep 0.1
    tries=$((tries + 1))
  done
  answer_record
}

answer_record() {
  if [ -e failed ]; then
    say "failed $(head -n 1 failed)"
  elif read_pid; then
    say "already $pid $pid_start $pid_stamp $pid_host"
  elif [ ! -e exit ] && claim_is_dead; then
    say 'failed launch was interrupted'
  fi
  [ ! -e exit ] || say 'already -'
  say "already - $(claim_age)"
}

# Seconds; of a claim of another boot nobody knows how old it is.
claim_age() {
  claim_is_dead
  read_uptime
  [ "${claim_stamp%%:*}" = "${stamp%%:*}" ] && echo $((seconds - ${claim_uptime%.*})) || echo 999999
}

# The wrapper says over descriptor 3 what became of its start and then closes it: no polling, and no window.
start_wrapper() {
  cd "$dir" || say 'failed the folder is gone'
  answer=$(setsid -f env -u SPARK_SWARM_JOB_ID --default-signal=INT,QUIT,TERM,HUP,PIPE \
    sh "$dir/wrapper" "$base" "$folder" "$mode" 3>&1 >/dev/null 2>&3 </dev/null)
  # What a shell warns of comes before it.
  answer=${answer##*"
"}
  case $answer in
    started\ * | failed\ *) say "$answer" ;;
    over) answer_record ;;
  esac
  reason=${answer##*: }
  # As dash and as bash say it, before the wrapper can.
  case $reason in 'Cannot fork' | 'Resource temporarily unavailable') reason=$CANNOT_FORK ;; esac
  [ -e pid ] || [ -e failed ] || printf '%s\n' "${reason:-the wrapper did not start}" >failed
  answer_record
}

main "$@"
