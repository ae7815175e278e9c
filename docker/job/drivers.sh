# drivers.sh: one line for each Spark driver of a job that runs in this place: `driver -Xmx1g`. The heap is the one of its own
# process; a driver that is only starting has none yet, or its launcher's. Writes nothing.
# Of other users' processes, and of those that end just now, nothing can be read.
grep -als 'SPARK_SWARM_JOB_ID=' /proc/[0-9]*/environ 2>/dev/null | while read -r file; do
  line=$(tr '\0' ' ' <"${file%environ}cmdline" 2>/dev/null) || continue
  case $line in
  *org.apache.spark.deploy.SparkSubmit* | *org.apache.spark.launcher.Main* | *bin/spark-submit* | *bin/spark-class*) ;;
  *) continue ;;
  esac
  id=$(tr '\0' '\n' <"$file" 2>/dev/null | grep -m1 '^SPARK_SWARM_JOB_ID=') || continue
  echo "${id#*=} $(printf '%s' "$line" | grep -o -e '-Xmx[0-9a-zA-Z]*' | head -n 1)"
done | sort -k 1,1 -k 2,2r | awk '$1 != last { print "driver " $2; last = $1 }'
