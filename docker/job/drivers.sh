# drivers.sh: one line for each Spark driver of a job that runs in this place: `driver -Xmx1g`. The heap is the one of its own
# process; while it is only starting it has none yet, or its launcher's, and what its line asks for counts. Writes nothing.
# Of other users' processes, and of those that end just now, nothing can be read.
LAUNCHER=-Xmx128m
grep -als 'SPARK_SWARM_JOB_ID=' /proc/[0-9]*/environ 2>/dev/null | while read -r file; do
  line=$(tr '\0' ' ' <"${file%environ}cmdline" 2>/dev/null) || continue
  case $line in
  *org.apache.spark.deploy.SparkSubmit* | *org.apache.spark.launcher.Main* | *bin/spark-submit* | *bin/spark-class*) ;;
  *) continue ;;
  esac
  id=$(tr '\0' '\n' <"$file" 2>/dev/null | grep -m1 '^SPARK_SWARM_JOB_ID=') || continue
  heap=$(printf '%s' "$line" | grep -o -e '-Xmx[0-9a-zA-Z]*' | head -n 1)
  case $heap in '' | "$LAUNCHER")
    asked=$(printf '%s' "$line" | grep -oE -e '(--driver-memory[ =]|spark\.driver\.memory=)[0-9]+[a-zA-Z]*' | head -n 1)
    [ -z "$asked" ] || heap=-Xmx${asked##*[ =]}
    ;;
  esac
  echo "${id#*=} $heap"
done | sort -k 1,1 -k 2,2r | awk '$1 != last { print "driver " $2; last = $1 }'
