"""Questions in SQL about parquet files: the turnover of each month, and each month's best product.

    bin/submit examples/jobs/sql_parquet.py /data/sales                        # makes the files where there are none
    bin/submit examples/jobs/sql_parquet.py /data/sales --output /data/report  # and a CSV file with the answer

The folder holds `sales`, one folder for each month, and `products`. A question about one month reads only its files.
"""

import argparse

from pyspark.sql import SparkSession

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--output")
options = parser.parse_args()

spark = SparkSession.builder.appName("sql over parquet").config("spark.sql.shuffle.partitions", 4).getOrCreate()


def is_there(path):
    hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(path)
    return hadoop.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).exists(hadoop)


def make_files():
    """A year of a small shop: 12,000 sales of five products."""
    names = "array('tea', 'coffee', 'milk', 'bread', 'salt')"
    products = spark.range(5).selectExpr("id AS product", f"element_at({names}, CAST(id AS int) + 1) AS name", "CAST(id + 2 AS decimal(8, 2)) AS price")
    products.coalesce(1).write.mode("overwrite").parquet(f"{options.folder}/products")
    sales = spark.range(12_000, numPartitions=4).selectExpr(
        "id AS sale", "1 + id % 12 AS month", "pmod(hash(id), 5) AS product", "1 + pmod(hash(id, 1), 4) AS pieces"
    )
    # One file for each month, instead of one for each month and task.
    sales.repartition("month").write.mode("overwrite").partitionBy("month").parquet(f"{options.folder}/sales")


if not is_there(f"{options.folder}/sales/_SUCCESS"):
    make_files()
for table in ("sales", "products"):
    spark.read.parquet(f"{options.folder}/{table}").createOrReplaceTempView(table)

report = spark.sql("""
    WITH turnovers AS (
        SELECT month, name, sum(pieces * price) AS turnover
        FROM sales JOIN products USING (product)
        GROUP BY month, name
    ), ranked AS (
        SELECT month, name, turnover,
               sum(turnover) OVER (PARTITION BY month) AS total,
               rank() OVER (PARTITION BY month ORDER BY turnover DESC, name) AS place
        FROM turnovers
    )
    SELECT month, total, name AS best, turnover FROM ranked WHERE place = 1 ORDER BY month
""").cache()
for row in report.collect():
    print(f"month {row.month}: {row.total}, most of it {row.best} ({row.turnover})")
if options.output:
    report.coalesce(1).write.mode("overwrite").option("header", True).csv(options.output)
[march] = spark.sql("SELECT count(*) AS sales, count(DISTINCT product) AS products FROM sales WHERE month = 3").collect()
print(f"in March: {march.sales} sales of {march.products} products")
spark.stop()
