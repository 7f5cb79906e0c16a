package segue.peer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Keeps each user's listens of each track; a first one goes on by track. */
final class KeepHistory implements Processor<String, GenericRecord, String, GenericRecord> {
  static final String STORE = "histories";
  /** As in the table `histories`: 4 × Unix seconds, + 1 for heard. */
  private static final long MARKS = 4;
  private static final long HEARD = 1;

  private final Schema historySchema;
  private final Schema changeSchema;
  private final Counters counters;
  private ProcessorContext<String, GenericRecord> context;
  private KeyValueStore<String, GenericRecord> histories;

  KeepHistory(Schema historySchema, Schema changeSchema, Counters counters) {
    this.historySchema = historySchema;
    this.changeSchema = changeSchema;
    this.counters = counters;
  }

  @Override
  public void init(ProcessorContext<String, GenericRecord> context) {
    this.context = context;
    this.histories = context.getStateStore(STORE);
  }

  @Override
  public void process(Record<String, GenericRecord> record) {
    counters.listenRead();
    GenericRecord listen = record.value();
    Object mbid = listen.get("recording_mbid");
    String track = (mbid == null ? listen.get("recording_msid") : mbid).toString().toLowerCase();
    long listenedAt = (Long) listen.get("listened_at");
    String key = record.key() + '\0' + track;
    GenericRecord before = histories.get(key);
    List<Long> entries = entriesWith(before, listenedAt * MARKS + HEARD);
    if (entries == null) return;
    histories.put(key, history(entries));
    if (before != null) return;
    counters.changeSent();
    context.forward(new Record<>(track, change(record.key(), listen, listenedAt), record.timestamp()));
  }

  /** null: the listen was there already. */
  @SuppressWarnings("unchecked")
  private static List<Long> entriesWith(GenericRecord before, long entry) {
    if (before == null) return List.of(entry);
    List<Long> known = (List<Long>) before.get("entries");
    int place = Collections.binarySearch(known, entry);
    if (place >= 0) return null;
    List<Long> entries = new ArrayList<>(known);
    entries.add(-place - 1, entry);
    return entries;
  }

  private GenericRecord history(List<Long> entries) {
    GenericRecord history = new GenericData.Record(historySchema);
    history.put("plays", (long) entries.size());
    history.put("first_listened_at", entries.get(0) / MARKS);
    history.put("last_listened_at", entries.get(entries.size() - 1) / MARKS);
    history.put("entries", entries);
    history.put("chunks", List.of());
    return history;
  }

  private GenericRecord change(String user, GenericRecord listen, long listenedAt) {
    GenericRecord change = new GenericData.Record(changeSchema);
    change.put("change", 1);
    change.put("listened_at", listenedAt);
    change.put("user", user);
    change.put("artist_name", textOf(listen.get("artist_name")));
    change.put("track_name", textOf(listen.get("track_name")));
    return change;
  }

  private static Object textOf(Object name) {
    return name == null ? "" : name;
  }
}
