import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.split;

import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * How many words of a text are short, middling and long: a jar with a main class.
 *
 * <pre>
 * docker build --target jre -t spark-jdk docker/        # once: a stage of the image, so it is mostly there already
 * docker build -t word-lengths -f examples/jobs/jar.Dockerfile examples/jobs/
 * docker run --rm word-lengths cat /app.jar &gt;words.jar
 * bin/submit --class WordLengths words.jar /data/texts
 * </pre>
 */
public final class WordLengths {
    private WordLengths() {}

    public static String sizeOf(String word) {
        return word.length() < 4 ? "short" : word.length() < 8 ? "middling" : "long";
    }

    public static void main(String[] args) {
        if (args.length != 1) {
            System.err.println("usage: WordLengths INPUT");
            System.exit(64);
        }
        SparkSession spark = SparkSession.builder().appName("word lengths").getOrCreate();
        Dataset<String> words =
                spark.read()
                        .text(args[0])
                        .select(explode(split(col("value"), "[^A-Za-z]+")).alias("word"))
                        .filter(col("word").notEqual(""))
                        .as(Encoders.STRING());
        Dataset<Row> counts =
                words.map((MapFunction<String, String>) WordLengths::sizeOf, Encoders.STRING())
                        .groupBy("value")
                        .agg(count(lit(1)).alias("words"))
                        .orderBy("value");
        for (Row row : counts.collectAsList()) {
            System.out.println(row.getString(0) + ": " + row.getLong(1));
        }
        spark.stop();
    }
}
