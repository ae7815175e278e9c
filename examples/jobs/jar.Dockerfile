# A jar of one Java file, without a JDK on this machine: WordLengths.java says how it is used.
#
# The image of the cluster has Spark's jars and no compiler; the stage in which its Java runtime is made has a JDK.
ARG SPARK=spark-swarm:latest
ARG JDK=spark-jdk
FROM ${SPARK} AS spark
FROM ${JDK}
COPY --from=spark /opt/spark/jars /jars
ARG SOURCE=WordLengths.java
COPY ${SOURCE} /source/
RUN mkdir /classes && javac --release 17 -cp '/jars/*' -d /classes /source/*.java && jar --create --file /app.jar -C /classes .
