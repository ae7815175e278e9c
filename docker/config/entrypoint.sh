#!/bin/bash
# entrypoint.sh master | worker | COMMAND…  (tini is process 1 and passes signals on: SIGTERM ends the daemon, SIGPWR drains a worker)
set -euo pipefail

/opt/spark-swarm/write-conf
# Files that jobs write to /data stay writable for the folder's group.
umask 002

daemon() {
  # A legacy link or a Kubernetes service named spark-master sets SPARK_MASTER_PORT=tcp://…, which Spark takes for a number
  # and dies. Addresses and ports are fixed below.
  unset SPARK_MASTER_HOST SPARK_MASTER_PORT SPARK_MASTER_WEBUI_PORT SPARK_WORKER_PORT SPARK_WORKER_WEBUI_PORT SPARK_LOCAL_IP
  export SPARK_DAEMON_MEMORY=${SPARK_DAEMON_MEMORY:-256m}
  # Start to ALIVE in 4.6 s instead of 7.8 s (design.md §6).
  export SPARK_DAEMON_JAVA_OPTS=${SPARK_DAEMON_JAVA_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1}
  export SPARK_SWARM_LOG_LEVEL=${SPARK_SWARM_LOG_LEVEL:-INFO}
  # spark-class, not java itself: it also sets SPARK_SCALA_VERSION, without which every executor fails. It `exec`s java.
  exec "$SPARK_HOME/bin/spark-class" "$@"
}

# A worker that finds no master sleeps 5 to 15 s before it tries again, and Spark has no setting for that. Two JVMs that start
# at once on a busy machine meet it often, so the worker's starts when the master listens; after 30 s it starts anyway.
wait_for_master() {
  local address="/dev/tcp/${SPARK_MASTER_NAME:-master}/7077" until=$((SECONDS + 30))
  # shellcheck disable=SC2016  # the inner shell expands it
  until timeout 1 bash -c ': <>"$1"' wait "$address" 2>/dev/null || ((SECONDS > until)); do sleep 0.2; done
}

case ${1:-} in
  master)
    # The name, not an address: it is what workers connect to, also after the master has got a new container.
    daemon org.apache.spark.deploy.master.Master --host "${SPARK_MASTER_NAME:-master}" --port 7077 --webui-port 8080 \
      --properties-file "$SPARK_CONF_DIR/daemon.conf"
    ;;
  worker)
    # Spark's own default is the whole machine's cores and memory, whatever else runs there.
    export SPARK_WORKER_CORES=${SPARK_WORKER_CORES:-1} SPARK_WORKER_MEMORY=${SPARK_WORKER_MEMORY:-1g}
    wait_for_master
    daemon org.apache.spark.deploy.worker.Worker --host "$(hostname)" --webui-port 8081 \
      --properties-file "$SPARK_CONF_DIR/daemon.conf" "spark://${SPARK_MASTER_NAME:-master}:7077"
    ;;
  '')
    echo "spark-swarm: say what to run: master, worker, or a command such as spark-submit, pyspark or bash" >&2
    exit 64
    ;;
  *)
    exec "$@"
    ;;
esac
