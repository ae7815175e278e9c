"""Gets into the trouble that its argument names, or works: prints `working <application id>` once it has a context."""

import sys
import time

from pyspark.sql import SparkSession

trouble = sys.argv[1]
spark = SparkSession.builder.appName(trouble).getOrCreate()
context = spark.sparkContext
one = context.parallelize([1], 1)


def needs_module(_):
    import no_such_module  # noqa: F401


print(f"working {context.applicationId}", flush=True)
if trouble in ("works", "holds", "waits"):
    while True:
        one.foreach(lambda _: time.sleep(1))
elif trouble == "module":
    one.foreach(needs_module)
elif trouble == "class":
    context._jvm.java.lang.Class.forName("com.example.Missing")
elif trouble == "path":
    with open("/tmp/only-here.csv", "w") as file:
        file.write("1\n2\n")
    spark.read.schema("a int").csv("file:///tmp/only-here.csv").count()
elif trouble == "nowhere":
    spark.read.parquet("file:///data/nowhere.parquet").count()
elif trouble == "limit":
    one.map(lambda _: len(bytearray(4 * 1024**3))).collect()
elif trouble == "heap":
    # The length depends on the row, so that the driver cannot compute it beforehand.
    spark.range(1).selectExpr("length(repeat('x', int(id) + 900000000))").collect()
elif trouble == "driver-heap":
    # All the same, and so small until the driver makes rows of it: its heap is full there, not while a result is read.
    spark.range(20_000_000).selectExpr("1L AS one").collect()
elif trouble == "disk":
    rows = spark.range(0, 20_000_000, numPartitions=4).selectExpr("id", "uuid() as word")
    rows.repartition(8, "word").write.format("noop").mode("overwrite").save()
elif trouble == "python":
    # The image has one Python: this driver claims to be another, as one outside of the image would be.
    context.pythonVer = "3.9"
    context.parallelize([1], 1).map(lambda x: x).collect()
