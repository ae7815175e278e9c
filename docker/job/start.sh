# start LAUNCH FOLLOW BASE FOLDER NONCE HASH MODE: runs the script LAUNCH, prints its answer as one line, and, if that has started
# the job, runs the script FOLLOW. Ends with the code of the job's record; with 1 where there is none.
launch=$1 follow=$2
shift 2
answer=$(sh -c "$launch" launch "$@" 2>&1 | tail -n 1)
printf '%s\n' "$answer"
case $answer in started\ *) ;; *) exit 1 ;; esac
sh -c "$follow" follow "$1" "$2" 0 0 yes || exit 1
code=$(cat "$1/$2/exit" 2>/dev/null)
case $code in 'v1 '[0-9]*) exit "${code#v1 }" ;; esac
exit 1
