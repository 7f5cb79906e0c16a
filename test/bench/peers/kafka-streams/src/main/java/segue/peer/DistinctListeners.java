package segue.peer;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The counting path of Segue as an application of Kafka Streams: the same topics, the same values, both tables with
 * their changelogs, exactly once with a commit every 100 ms. Reads so many listens, waits until all are counted, prints
 * one JSON object, ends.
 *
 * <p>Options: --brokers, --application, --listens-topic, --changes-topic, --schemas DIR, --state DIR, --threads N,
 * --listens N, --cache-bytes N.
 */
public final class DistinctListeners {
  private static final int POLL_MS = 20;
  private static final long SECONDS_MAX = 900;

  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int at = 0; at + 1 < args.length; at += 2) options.put(args[at].substring(2), args[at + 1]);
    long listens = Long.parseLong(options.get("listens"));
    Counters counters = new Counters();
    KafkaStreams streams = new KafkaStreams(topology(options, counters), configuration(options));
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
    long endNanos = System.nanoTime() + SECONDS_MAX * 1_000_000_000L;
    while (!counters.isDone(listens)) {
      if (streams.state() == KafkaStreams.State.ERROR || System.nanoTime() > endNanos)
        throw new IllegalStateException(streams.state() + ": " + counters.text());
      Thread.sleep(POLL_MS);
    }
    double seconds = counters.seconds();
    System.out.printf(
        java.util.Locale.ROOT,
        "{\"seconds\":%.3f,\"pairs\":%d,\"residentMiB\":%d}%n",
        seconds,
        counters.pairs(),
        residentMiB());
    streams.close();
  }

  private static Topology topology(Map<String, String> options, Counters counters)
      throws IOException {
    RegistrySerde listens = serde(options, "listens");
    RegistrySerde changes = serde(options, "listener-changes");
    RegistrySerde histories = serde(options, "histories");
    RegistrySerde counts = serde(options, "listener-counts");
    Serde<String> text = Serdes.String();
    String changesTopic = options.get("changes-topic");
    return new Topology()
        .addSource("listens", text.deserializer(), listens.deserializer(), options.get("listens-topic"))
        .addProcessor(
            "keep-history",
            () -> new KeepHistory(histories.schema, changes.schema, counters),
            "listens")
        .addStateStore(store(KeepHistory.STORE, histories), "keep-history")
        .addSink("send-changes", changesTopic, text.serializer(), changes.serializer(), "keep-history")
        .addSource("changes", text.deserializer(), changes.deserializer(), changesTopic)
        .addProcessor("count-listeners", () -> new CountListeners(counts.schema, counters), "changes")
        .addStateStore(store(CountListeners.STORE, counts), "count-listeners");
  }

  private static RegistrySerde serde(Map<String, String> options, String topic) throws IOException {
    return new RegistrySerde(new File(options.get("schemas"), topic + "-value.avsc"));
  }

  /** Cached, so that a key written often between two commits reaches its changelog once, as in Segue. */
  private static StoreBuilder<KeyValueStore<String, GenericRecord>> store(
      String name, RegistrySerde serde) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.String(), serde)
        .withLoggingEnabled(Map.of())
        .withCachingEnabled();
  }

  private static Properties configuration(Map<String, String> options) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("application"));
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("brokers"));
    properties.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state"));
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.get("threads"));
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, options.get("cache-bytes"));
    properties.put("auto.offset.reset", "earliest");
    return properties;
  }

  private static long residentMiB() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) return 0;
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(0);
  }
}
