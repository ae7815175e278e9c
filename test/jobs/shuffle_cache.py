"""An application that a cluster must not harm when its workers come or go: shuffle_cache.py WORKERS

It waits for WORKERS executors, fills them with cached and shuffled data, prints `busy <application id>`, keeps every core busy
until executors have come or gone and none has for ten seconds, and then computes its result from the cached and the shuffled data
alone. (A result that is computed while a leaving executor moves its blocks asks for some where they are no more, and Spark
computes those again.) It prints

    result <number>               always the same; a wrong one ends with status 1
    stages recomputed <n>         stages tried again, or with more finished tasks than they have
    records computed twice <n>    by accumulators, which also see a cached block that was lost and made again in silence

and ends with status 1 unless both are 0.
"""

import json
import sys
import time
import urllib.request

from pyspark import StorageLevel
from pyspark.sql import SparkSession

workers = int(sys.argv[1])
COUNT, KEYS = 120_000, 1_000

spark = SparkSession.builder.appName("shuffle-cache").getOrCreate()
context = spark.sparkContext
jvm = context._jsc.sc()


def executors():
    """Their addresses, with the driver's own among them."""
    return sorted(jvm.getExecutorMemoryStatus().keySet().mkString(" ").split(" "))


def wait_for(is_so, missed, limit, pause):
    """Ends the application when what it waits for does not come within so many seconds."""
    deadline = time.monotonic() + limit
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit(f"shuffle_cache: {missed()} after {limit} s")
        pause()


wait_for(
    lambda: len(executors()) > workers,
    missed=lambda: f"{len(executors()) - 1} of {workers} executors",
    limit=240,
    pause=lambda: time.sleep(0.1),
)

cached_records, shuffled_records = context.accumulator(0), context.accumulator(0)


def number(value):
    cached_records.add(1)
    return value * 7 % 1_000


def pair(value):
    shuffled_records.add(1)
    return (value % KEYS, value)


slices = 4 * workers
cached = context.parallelize(range(COUNT), slices).map(number).persist(StorageLevel.MEMORY_AND_DISK)
shuffled = context.parallelize(range(COUNT), slices).map(pair).reduceByKey(lambda a, b: a + b, slices)
cached.count()
shuffled.count()

first = seen = executors()
changed_at = None


def has_settled():
    global seen, changed_at
    if executors() != seen:
        seen, changed_at = executors(), time.monotonic()
    return changed_at is not None and time.monotonic() - changed_at > 10


print(f"busy {context.applicationId}", flush=True)
wait_for(
    has_settled,
    missed=lambda: "executors come and go" if changed_at else "no executor has come or gone",
    limit=300,
    # Short tasks, as many as there were cores: a worker that is taken away can finish its own.
    pause=lambda: context.parallelize(range(workers), workers).foreach(lambda _: time.sleep(0.5)),
)

result = cached.sum() + shuffled.map(lambda entry: entry[0] * entry[1] % 1_000_003).sum()
expected = sum(n * 7 % 1_000 for n in range(COUNT)) + sum(k * sum(range(k, COUNT, KEYS)) % 1_000_003 for k in range(KEYS))

address = f"http://127.0.0.1:{jvm.ui().get().boundPort()}/api/v1/applications/{context.applicationId}/stages"
with urllib.request.urlopen(address, timeout=120) as answer:
    stages = json.load(answer)
recomputed = [s["stageId"] for s in stages if s["attemptId"] > 0 or s["numCompleteTasks"] > s["numTasks"] or s["numFailedTasks"] > 0]
cached_twice, shuffled_twice = cached_records.value - COUNT, shuffled_records.value - COUNT
twice = cached_twice + shuffled_twice

last = executors()
print(f"result {result}")
print(f"stages recomputed {len(recomputed)}")
print(f"records computed twice {twice}")
spark.stop()
if result != expected or recomputed or twice:
    sys.exit(
        f"shuffle_cache failed: result {result} (expected {expected}), stages again {recomputed}, records twice: "
        f"{cached_twice} cached, {shuffled_twice} shuffled; executors {first} at first, {last} at last"
    )
