"""Python functions of your own, with a module and a file that come along.

    bin/submit --py-files examples/jobs/grades/grading.py --files examples/jobs/grades/scale.csv examples/jobs/grades/grade_books.py

--py-files are on the Python path of driver and executors; --files are beside the driver (its working directory), and on an
executor where SparkFiles.get says. One function takes single values, one whole columns as pandas has them, which is faster.
"""

import pandas
from grading import Scale
from pyspark import SparkFiles
from pyspark.sql import SparkSession, functions

spark = SparkSession.builder.appName("grade books").getOrCreate()


@functions.udf("string")
def grade(points):
    return Scale.read(SparkFiles.get("scale.csv")).grade(points)


@functions.pandas_udf("double")
def deviation(points: pandas.Series) -> pandas.Series:
    return points - 50.0


books = spark.createDataFrame([("Ada", 93), ("Blaise", 71), ("Carl", 12)], "name string, points int").repartition(2)
for row in books.select("name", grade("points").alias("grade"), deviation("points").alias("deviation")).orderBy("name").collect():
    print(f"{row["name"]}: {row.grade} ({row.deviation:+.0f})")
print(f"{len(Scale.read('scale.csv').steps)} grades in the driver's own copy")
spark.stop()
