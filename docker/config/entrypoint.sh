#!/bin/bash
# entrypoint.sh master | worker | notebook | history | COMMAND…
# tini is process 1 and passes signals on: SIGTERM ends what runs, SIGPWR drains a worker.
set -euo pipefail

/opt/spark-swarm/write-conf
# The umask, certificates and proxies: for what starts here and, through Spark's own scripts, for what `docker exec` starts.
set -a
# shellcheck disable=SC1091  # write-conf has made it
. "$SPARK_CONF_DIR/spark-env.sh"
set +a

fail() { echo "spark-swarm: $1" >&2; exit 78; }

daemon() {
  # A legacy link or a Kubernetes service named spark-master sets SPARK_MASTER_PORT=tcp://…, which Spark takes for a number
  # and dies. Addresses and ports are fixed below.
  unset SPARK_MASTER_HOST SPARK_MASTER_PORT SPARK_MASTER_WEBUI_PORT SPARK_WORKER_PORT SPARK_WORKER_WEBUI_PORT SPARK_LOCAL_IP
  export SPARK_DAEMON_MEMORY=${SPARK_DAEMON_MEMORY:-256m}
  # Start to ALIVE in 4.6 s instead of 7.8 s (design.md §6).
  SPARK_DAEMON_JAVA_OPTS=${SPARK_DAEMON_JAVA_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1}
  export SPARK_DAEMON_JAVA_OPTS="$SPARK_DAEMON_JAVA_OPTS${SPARK_SWARM_JAVA_OPTIONS:+ $SPARK_SWARM_JAVA_OPTIONS}"
  export SPARK_SWARM_LOG_LEVEL=${SPARK_SWARM_LOG_LEVEL:-INFO}
  # spark-class, not java itself: it also sets SPARK_SCALA_VERSION, without which every executor fails. It `exec`s java.
  exec "$SPARK_HOME/bin/spark-class" "$@"
}

# A worker that finds no master sleeps 5 to 15 s before it tries again, and Spark has no setting for that. Two JVMs that start
# at once on a busy machine meet it often, so the worker's starts when the master listens; after 60 s it starts anyway.
wait_for_master() {
  local address="/dev/tcp/${SPARK_MASTER_NAME:-master}/7077" until=$((SECONDS + 60))
  # shellcheck disable=SC2016  # the inner shell expands it
  until timeout 1 bash -c ': <>"$1"' wait "$address" 2>/dev/null || ((SECONDS > until)); do sleep 0.2; done
}

# A master that starts again tells the workers in its recovery folder so, once; the executors of those it does not reach are
# lost. On a machine that has just come up, a swarm's network may learn the names of other machines after 30 s only.
wait_for_workers() {
  local file host said='' limit=40 until
  until=$((SECONDS + limit))
  for file in /var/lib/spark/recovery/worker_worker-*; do
    [[ $file =~ /worker_worker-[0-9]+-(.+)-[0-9]+$ ]] || continue
    host=${BASH_REMATCH[1]}
    # A container's id, as on one engine, where no name comes late and that of a replaced container never comes.
    [[ $host =~ ^[0-9a-f]{12}$ ]] && continue
    # Docker asks the machine's own servers for a name that it does not know, and they may not answer.
    until timeout 1 getent hosts "$host" >/dev/null; do
      ((SECONDS < until)) || return 0
      [[ $said ]] || echo "spark-swarm: the network does not know $host: the master waits up to $limit s for the workers it had" >&2
      said=yes
      sleep 0.2
    done
  done
}

# Jupyter reads the token from the file itself (jupyter_server_config.py). An empty one would switch its login off, and a
# missing one would make it write a token of its own into the log, so both end here.
check_notebook() {
  local token=/run/secrets/notebook-token
  command -v jupyter-lab >/dev/null || fail "this image has no JupyterLab: use the one of the Dockerfile's target notebook"
  [[ -e $token ]] || fail "there is no $token: mount a file with one line of at least 16 letters and digits (for example: openssl rand -hex 32)"
  [[ -r $token ]] || fail "$token is not readable by uid $(id -u): give the secret mode 0400 and uid $(id -u)"
  [[ $(<"$token") =~ ^[A-Za-z0-9_.~-]{16,}$ ]] ||
    fail "$token must hold one line of at least 16 characters out of A-Z a-z 0-9 - . _ ~ (for example: openssl rand -hex 32)"
}

# Spark's own message would be an exception of thirty lines, after three seconds.
check_events() {
  local events=/var/lib/spark/jobs/events
  [[ -d $events ]] || fail "there is no $events: mount the cluster's volume \"jobs\" on ${events%/*}"
  [[ -r $events && -x $events ]] || fail "$events is not readable by uid $(id -u): run as the master does"
}

case ${1:-} in
  master)
    wait_for_workers
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
  notebook)
    check_notebook
    # The file browser shows /notebooks alone; the link is the way from there to the shared folder.
    [[ -e /notebooks/data || -L /notebooks/data ]] || ln -s /data /notebooks/data 2>/dev/null ||
      echo "spark-swarm: /notebooks is not writable by uid $(id -u): notebooks there cannot be saved" >&2
    echo "spark-swarm: JupyterLab starts on port 8888, its files are in /notebooks" >&2
    cd /notebooks
    exec jupyter-lab
    ;;
  history)
    check_events
    # 31,000 tasks: 128m is as fast as 256m, 64m is killed. A heap that is full ends it, and it is started again.
    export SPARK_DAEMON_MEMORY=${SPARK_DAEMON_MEMORY:-192m} SPARK_HISTORY_OPTS=${SPARK_HISTORY_OPTS:--XX:+ExitOnOutOfMemoryError}
    daemon org.apache.spark.deploy.history.HistoryServer --properties-file "$SPARK_CONF_DIR/history.conf"
    ;;
  '')
    echo "spark-swarm: say what to run: master, worker, notebook, history, or a command such as spark-submit, pyspark or bash" >&2
    exit 64
    ;;
  *)
    exec "$@"
    ;;
esac
