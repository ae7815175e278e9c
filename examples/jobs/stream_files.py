"""A stream from files: every file that is moved into a folder is read once, and its readings are added up by sensor.

    bin/submit examples/jobs/stream_files.py /data/inbox /data/readings        # runs until /data/readings/STOP is there
    mv new.csv nfs/inbox/                                                      # moved, not written there: half a file is a file
    touch nfs/readings/STOP                                                    # everything that is there is finished first

The lines are `sensor,value`. The sums are written after each batch, as parquet in /data/readings/sums. What has been read is
remembered in /data/readings/checkpoint: after STOP, Ctrl-C or a crash the same line goes on where it was, and counts no file
twice.

Why a file stops it: a signal reaches Spark's JVM too, which ends at once, in the middle of a batch. Nothing is lost by that,
but that batch is computed again.
"""

import argparse
import pathlib

from pyspark.sql import SparkSession, functions

parser = argparse.ArgumentParser()
parser.add_argument("input")
parser.add_argument("output")
options = parser.parse_args()
pathlib.Path(options.input).mkdir(parents=True, exist_ok=True)
pathlib.Path(options.output).mkdir(parents=True, exist_ok=True)
stop = pathlib.Path(options.output, "STOP")

spark = SparkSession.builder.appName("stream from files").config("spark.sql.shuffle.partitions", 2).getOrCreate()
readings = spark.readStream.schema("sensor string, value double").csv(options.input)
sums = readings.groupBy("sensor").agg(functions.count("*").alias("readings"), functions.sum("value").alias("total"))


def write(batch, number):
    batch.coalesce(1).write.mode("overwrite").parquet(f"{options.output}/sums")
    sums = spark.read.parquet(f"{options.output}/sums").orderBy("sensor").collect()
    print(f"batch {number}: {', '.join(f'{row.sensor} {row.total} of {row.readings}' for row in sums)}", flush=True)


query = (
    sums.writeStream.outputMode("complete")
    .option("checkpointLocation", f"{options.output}/checkpoint")
    .trigger(processingTime="1 second")
    .foreachBatch(write)
    .start()
)
print("waiting for files", flush=True)
# A query that failed ends the waiting with its error, and the application with status 1.
while not query.awaitTermination(1):
    if stop.exists():
        query.processAllAvailable()
        query.stop()
stop.unlink()
print("stopped", flush=True)
spark.stop()
