# export BASE FOLDER ABOUT [PATH…]: a job's record on standard output, as a tar.gz of one folder that has the record's name.
# ABOUT is its capsule.json; versions.txt says what is installed here. With PATHs (FOLDER/spec.json) those alone.

main() {
  base=$1 folder=$2 about=$3
  shift 3
  umask 077
  good_words "$base" "$folder" && cd "$base/$folder" || { echo "no record $folder" >&2; return 1; }
  if [ $# -gt 0 ]; then
    tar -cz --hard-dereference --owner=0 --group=0 -C "$base" -- "$@"
    return
  fi
  beside=$(mktemp -d) || return 1
  trap 'rm -rf "$beside"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir "$beside/$folder" || return 1
  printf '%s\n' "$about" >"$beside/$folder/capsule.json" && versions >"$beside/$folder/versions.txt" || return 1
  # What a launch brings anew: the scripts, and the settings of the cluster, which hold its secret.
  set -- --exclude="$folder/lock" --exclude="$folder/wrapper" --exclude="$folder/canceller" --exclude="$folder/conf"
  for stream in stdout stderr; do
    read_gone $stream
    [ "$gone" -gt 0 ] || continue
    # Without the hole at its beginning.
    tail -c "+$((gone + 1))" $stream >"$beside/$folder/$stream" || return 1
    set -- "$@" --exclude="$folder/$stream" --exclude="$folder/$stream.from"
  done
  # An --exclude is about what is named after it.
  tar -cz --hard-dereference --owner=0 --group=0 -C "$beside" "$folder" "$@" -C "$base" "$folder"
}

versions() {
  home=${SPARK_HOME:-$(sed -n "s/^export SPARK_HOME='\(.*\)'$/\1/p" "$base/$folder/env.sh")}
  for jar in "$home"/jars/spark-core_*.jar; do [ ! -e "$jar" ] || echo "${jar##*/}"; done
  ! command -v python3 >/dev/null || python3 --version
  ! command -v java >/dev/null || java -version
  cat /etc/os-release
  return 0
} 2>&1

main "$@"
