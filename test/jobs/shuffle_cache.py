"""An application that a shrinking cluster must not harm: shuffle_cache.py SECONDS [WORKERS]

It waits for WORKERS executors (default 2), fills them with cached and shuffled data, prints `busy <application id>`, keeps
every core busy for SECONDS, and then computes its result from the cached and the shuffled data alone. It prints

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

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
COUNT, KEYS = 120_000, 1_000

spark = SparkSession.builder.appName("shuffle-cache").getOrCreate()
context = spark.sparkContext
jvm = context._jsc.sc()


def executors():
    return jvm.getExecutorMemoryStatus().size() - 1  # the driver counts itself


deadline = time.monotonic() + 60
while executors() < workers:
    if time.monotonic() > deadline:
        sys.exit(f"shuffle_cache: {executors()} of {workers} executors after 60 s")
    time.sleep(0.1)

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
print(f"busy {context.applicationId}", flush=True)

# Short tasks, as many as there were cores: a worker that is taken away can finish its own.
until = time.monotonic() + seconds
while time.monotonic() < until:
    context.parallelize(range(workers), workers).foreach(lambda _: time.sleep(0.5))

result = cached.sum() + shuffled.map(lambda entry: entry[0] * entry[1] % 1_000_003).sum()
expected = sum(n * 7 % 1_000 for n in range(COUNT)) + sum(k * sum(range(k, COUNT, KEYS)) % 1_000_003 for k in range(KEYS))

address = f"http://127.0.0.1:{jvm.ui().get().boundPort()}/api/v1/applications/{context.applicationId}/stages"
with urllib.request.urlopen(address, timeout=10) as answer:
    stages = json.load(answer)
recomputed = [s["stageId"] for s in stages if s["attemptId"] > 0 or s["numCompleteTasks"] > s["numTasks"] or s["numFailedTasks"] > 0]
twice = cached_records.value - COUNT + shuffled_records.value - COUNT

print(f"result {result}")
print(f"stages recomputed {len(recomputed)}")
print(f"records computed twice {twice}")
spark.stop()
if result != expected or recomputed or twice:
    sys.exit(f"shuffle_cache failed: result {result} (expected {expected}), stages again {recomputed}, records twice {twice}")
