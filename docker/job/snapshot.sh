# snapshot BASE [ID]: everything that the state of one job, or of all, is judged by (src/jobs/snapshot.ts). Changes nothing.
# The processes are read before the records: a job whose process is gone has its record, unless it never gets one.
# They are printed last, because the name of a process can be anything.

main() {
  LC_ALL=C
  export LC_ALL
  read_stamp
  read_uptime
  stats=$(cat /proc/[0-9]*/stat 2>/dev/null)
  marked=$(grep -aozHE '^SPARK_SWARM_JOB_ID=[0-9a-f]{12}$' /proc/[0-9]*/environ 2>/dev/null | tr '\000' '\n')
  printf 'spark-swarm-jobs 1\n'
  printf 'now %s\nuptime %s\nticks %s\nstamp %s\n' "$(date +%s.%N)" "$uptime" "$(getconf CLK_TCK 2>/dev/null || echo 100)" "$stamp"
  printf 'free %s\n' "$(free_bytes "$1")"
  printf '== sent\n'
  if cd "$1" 2>/dev/null; then print_records "$2"; else printf '== files\n== contents\n'; fi
  printf '== marked\n%s\n== processes\n%s\n== end\n' "$marked" "$stats"
}

free_bytes() {
  # shellcheck disable=SC2046
  set -- $(stat -f -c '%a %S' "$1" 2>/dev/null) && echo $(($1 * $2))
}

# As few programs as it takes, however many jobs there are. A job is launched by a rename out of .new: whoever reads that last may
# find it in neither place.
print_records() {
  case $1 in
    '') set -- '*' ;;
    *[!0-9a-f]*) set -- 'no such id' ;;
    *) set -- "*-$1" ;;
  esac
  files='-name exit -o -name failed -o -name cancel -o -name stdout -o -name stderr -o -name spec.json'
  texts='-name spec.json -o -name claim -o -name pid -o -name child -o -name cancel -o -name exit -o -name end -o -name failed'
  # shellcheck disable=SC2086
  {
    find ./.new -mindepth 2 -maxdepth 2 -path "./.new/$1.*/*" -type f \( -name spec.json -o -name cancel \) -exec grep -aHZ '' {} +
    printf '== files\n'
    find ./.new -mindepth 1 -path "./.new/$1.*" -printf '%y %s %T@ %C@ .new/%P\n'
    find . -mindepth 1 -maxdepth 1 -name "$1" ! -name '.*' -printf '%y %s %T@ %C@ %P\n'
    find . -mindepth 2 -maxdepth 2 -path "./$1/*" ! -path './.*' -type f \( $files \) -printf '%y %s %T@ %C@ %P\n'
    printf '== contents\n'
    find . -mindepth 2 -maxdepth 2 -path "./$1/*" ! -path './.*' -type f \( $texts \) -exec grep -aHZ '' {} +
  } 2>/dev/null
}

main "$@"
