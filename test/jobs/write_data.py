"""Writes a thousand rows as parquet from every worker: write_data.py DIR. Says in one line of JSON how many, and who wrote."""

import json
import os
import socket
import sys
import time

from pyspark import TaskContext
from pyspark.sql import SparkSession

directory = sys.argv[1]
spark = SparkSession.builder.appName("write-data").getOrCreate()
jvm = spark.sparkContext._jsc.sc()
deadline = time.monotonic() + 60
while jvm.getExecutorMemoryStatus().size() - 1 < 2:  # the driver counts itself
    if time.monotonic() > deadline:
        sys.exit("write_data: fewer than 2 executors after 60 s")
    time.sleep(0.1)


def rows(numbers):
    time.sleep(0.5)  # long enough that one executor does not take all of them
    host = socket.gethostname()
    return [(number, host, os.getuid(), TaskContext.get().partitionId()) for number in numbers]


source = spark.sparkContext.parallelize(range(1000), 8).mapPartitions(rows)
spark.createDataFrame(source, "id long, host string, uid int, part int").write.mode("overwrite").parquet(directory)
back = spark.read.parquet(directory)
hosts = sorted(row.host for row in back.select("host").distinct().collect())
print(json.dumps({"rows": back.count(), "hosts": hosts}))
