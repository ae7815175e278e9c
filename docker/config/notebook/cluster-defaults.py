"""Run by every kernel before its first cell: what an application of a notebook is like when the user says nothing.

On a standalone cluster an application without spark.cores.max takes every core for as long as its kernel lives, and the next
one waits without a word. So a notebook takes half the cores that are alive now, in whole executors, at least one. A setting of
the cluster (spark.cores.max), PYSPARK_SUBMIT_ARGS, and `.config('spark.cores.max', …)` in a cell all win over this.
"""


def _set_cluster_defaults():
    import json, os, re, threading, urllib.request

    if os.environ.get("PYSPARK_SUBMIT_ARGS"):
        return
    try:
        with open(os.path.join(os.environ["SPARK_CONF_DIR"], "spark-defaults.conf")) as file:
            pairs = (re.split(r"\s*[=:\s]\s*", line.strip(), maxsplit=1) for line in file if not line.startswith("#"))
            settings = {pair[0]: pair[-1] for pair in pairs}
    except (OSError, KeyError):
        settings = {}
    # Less than one executor's cores would be none at all, and the first action would wait for ever.
    per_executor = settings.get("spark.executor.cores", "")
    per_executor = max(1, int(per_executor)) if per_executor.isdigit() else 1
    cores = per_executor

    def ask_master():
        nonlocal cores
        master = os.environ.get("SPARK_MASTER_NAME") or "master"
        try:
            # Never through a proxy, whatever the variables say.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://{master}:8080/json/", timeout=5) as answer:
                workers = json.load(answer)["workers"]
            half = sum(worker["cores"] for worker in workers if worker["state"] == "ALIVE") // 2
            cores = max(per_executor, half - half % per_executor)
        except Exception:
            pass  # No cluster yet: one executor, and the first cell says what Spark thinks of it.

    if "spark.cores.max" not in settings:
        # In a thread: a name that nobody answers for takes longer than the time limit of a connection.
        asking = threading.Thread(target=ask_master, daemon=True)
        asking.start()
        asking.join(5)
    arguments = [] if "spark.cores.max" in settings else [f"--conf spark.cores.max={cores}"]
    arguments += [] if "spark.app.name" in settings else ["--name notebook"]
    os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join([*arguments, "pyspark-shell"])


_set_cluster_defaults()
del _set_cluster_defaults
