"""Keeps one core busy until it is ended: prints `working <application id>` once a task runs."""

import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("endless").config("spark.cores.max", 1).getOrCreate()
context = spark.sparkContext
context.parallelize([1], 1).count()
print(f"working {context.applicationId}", flush=True)
while True:
    context.parallelize([1], 1).foreach(lambda _: time.sleep(1))
