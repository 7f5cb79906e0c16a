/** Settings of Spark for small things on one machine: JVMs that compile quickly, not well, halve what a short run costs. */
const JVM = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

export const SMALL_SPARK: readonly string[] = [
  'spark.driver.memory=1g',
  'spark.driver.host=127.0.0.1',
  'spark.driver.bindAddress=127.0.0.1',
  `spark.driver.extraJavaOptions=${JVM}`,
];

/** An executor a worker; nothing begins before all of them are there. */
export const SMALL_EXECUTORS: readonly string[] = [
  'spark.executor.memory=1g',
  'spark.executor.cores=1',
  `spark.executor.extraJavaOptions=${JVM}`,
  'spark.scheduler.minRegisteredResourcesRatio=1',
  'spark.scheduler.maxRegisteredResourcesWaitingTime=120s',
];
