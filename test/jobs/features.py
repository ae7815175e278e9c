"""Proves what the image promises: pandas UDF, Arrow, parquet, ORC, MLlib, Spark SQL. Small data; the last line is `features ok …`.

Run where driver and executors see one folder: features.py [DIR], default /data, because parquet is written by executors.
"""

import shutil
import sys
import uuid

import numpy
import pandas
import pyarrow
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession, functions

directory = f"{sys.argv[1] if len(sys.argv) > 1 else '/data'}/features-{uuid.uuid4().hex[:8]}"
spark = SparkSession.builder.appName("features").config("spark.sql.shuffle.partitions", 4).getOrCreate()
spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
spark.conf.set("spark.sql.execution.arrow.pyspark.fallback.enabled", "false")
passed = []


def check(name, seen, expected):
    if seen != expected:
        sys.exit(f"features failed: {name}: got {seen!r}, expected {expected!r}")
    passed.append(name)


@functions.pandas_udf("double")
def half(values: pandas.Series) -> pandas.Series:
    return values * 0.5


def sums(rows: pandas.DataFrame) -> pandas.DataFrame:
    return pandas.DataFrame({"key": [rows["key"].iloc[0]], "total": [rows["value"].sum()]})


numbers = spark.range(1000, numPartitions=4).selectExpr("id", "id % 10 AS key", "CAST(id AS double) AS value").cache()

try:
    check("pandas udf", numbers.agg(functions.sum(half("value"))).first()[0], 249750.0)
    check("grouped map", numbers.groupBy("key").applyInPandas(sums, "key long, total double").count(), 10)
    check("toPandas", int(numbers.toPandas()["id"].sum()), 499500)
    check("createDataFrame", spark.createDataFrame(pandas.DataFrame({"n": numpy.arange(100)})).count(), 100)
    check("toArrow", numbers.toArrow().num_rows if hasattr(numbers, "toArrow") else 1000, 1000)

    for form in ("parquet", "orc", "csv", "json"):
        numbers.write.format(form).option("header", True).save(f"{directory}/{form}")
        back = spark.read.format(form).option("header", True).load(f"{directory}/{form}")
        check(form, (back.count(), int(back.selectExpr("sum(CAST(id AS long))").first()[0])), (1000, 499500))
    for codec in ("zstd", "snappy", "gzip", "lz4raw"):
        numbers.write.option("compression", codec.replace("lz4raw", "lz4_raw")).parquet(f"{directory}/{codec}")
        check(f"parquet {codec}", spark.read.parquet(f"{directory}/{codec}").count(), 1000)

    numbers.createOrReplaceTempView("numbers")
    rows = spark.sql(
        "SELECT a.key, count(*) AS pairs, rank() OVER (ORDER BY a.key DESC) AS place "
        "FROM numbers a JOIN numbers b ON a.id = b.id + 1 GROUP BY a.key ORDER BY a.key LIMIT 2"
    ).collect()
    check("sql", [(r.key, r.pairs, r.place) for r in rows], [(0, 99, 10), (1, 100, 9)])

    points = VectorAssembler(inputCols=["value", "key"], outputCol="features").transform(
        numbers.selectExpr("value / 1000 AS value", "CAST(key AS double) AS key", "CAST(id >= 500 AS double) AS label")
    )
    model = LogisticRegression(maxIter=5).fit(points)
    right = model.transform(points).filter("prediction = label").count()
    check("mllib classification", right > 900, True)
    check("mllib clustering", len(KMeans(k=2, maxIter=2, seed=1).fit(points).clusterCenters()), 2)

    ratings = spark.createDataFrame([(user, item, float(user * item % 5)) for user in range(8) for item in range(8)], ["user", "item", "rating"])
    from pyspark.ml.recommendation import ALS  # LAPACK, the one native library of MLlib

    check("mllib als", ALS(rank=2, maxIter=1, numUserBlocks=1, numItemBlocks=1, seed=1).fit(ratings).userFactors.count(), 8)
finally:
    shutil.rmtree(directory, ignore_errors=True)

print(f"features ok {len(passed)} checks: spark {spark.version}, pandas {pandas.__version__}, pyarrow {pyarrow.__version__}, numpy {numpy.__version__}")
spark.stop()
