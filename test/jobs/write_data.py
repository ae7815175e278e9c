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
deadline = time.monotonic() + 180


def host_of(_):
    time.sleep(0.3)  # long enough that one executor does not take all of them
    return socket.gethostname()


# What has registered may get no tasks yet: what counts is who works.
while len(set(spark.sparkContext.parallelize(range(4), 4).map(host_of).collect())) < 2:
    if time.monotonic() > deadline:
        sys.exit("write_data: fewer than 2 executors work after 180 s")


def rows(numbers):
    time.sleep(0.5)  # long enough that one executor does not take all of them
    host = socket.gethostname()
    return [(number, host, os.getuid(), TaskContext.get().partitionId()) for number in numbers]


source = spark.sparkContext.parallelize(range(1000), 8).mapPartitions(rows)
spark.createDataFrame(source, "id long, host string, uid int, part int").write.mode("overwrite").parquet(directory)
back = spark.read.parquet(directory)
hosts = sorted(row.host for row in back.select("host").distinct().collect())
print(json.dumps({"rows": back.count(), "hosts": hosts}))
