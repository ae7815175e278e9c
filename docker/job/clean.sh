# clean BASE FOLDER…: deletes jobs, and uploads `.new/FOLDER.NONCE`, each printed as `removed FOLDER` or `refused FOLDER WHY`.
# Which are old enough is decided elsewhere; what lives is refused here again. Renamed first: no half of a job is ever seen.

main() {
  base=$1
  shift
  cd "$base" || return 1
  mkdir -p .trash || return 1
  for name in "$@"; do
    problem=$(remove "$name" 2>&1) && printf 'removed %s\n' "$name" || printf 'refused %s %s\n' "$name" "$(echo $problem)"
  done
  # What a clean that was killed has left.
  rm -rf --one-file-system .trash/* 2>/dev/null
  return 0
}

remove() {
  good_words "$base" "${1#.new/}" || { echo 'no such name'; return 1; }
  [ -d "$1" ] && [ ! -L "$1" ] || { [ ! -e "$1" ] && [ ! -L "$1" ] && return 0; echo 'not a folder'; return 1; }
  [ -O "$1" ] || { echo 'it belongs to another user'; return 1; }
  case $1 in .new/*) ;; *) over "$1" || { echo 'it has not ended'; return 1; } ;; esac
  trash=.trash/${1##*/}.$$
  mv -T "$1" "$trash" && rm -rf --one-file-system "$trash" || return
  # What was sent of it before, and cut off: it would be seen as a job again.
  case $1 in .new/*) ;; *) rm -rf --one-file-system ".new/$1".* ;; esac
}

# In a shell of its own, for the folder and the lock.
over() (
  cd "$1" || exit 1
  [ -e lock ] || exit 0
  exec 8>>lock
  flock -x -n 8 || exit 1
  has_exit || [ -e failed ] || { members "${1##*-}" && [ -z "$members" ]; }
)

main "$@"
