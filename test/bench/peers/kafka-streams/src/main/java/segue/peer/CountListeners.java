package segue.peer;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Unique listeners of each track. */
final class CountListeners implements Processor<String, GenericRecord, Void, Void> {
  static final String STORE = "listener-counts";

  private final Schema countSchema;
  private final Counters counters;
  private KeyValueStore<String, GenericRecord> counts;

  CountListeners(Schema countSchema, Counters counters) {
    this.countSchema = countSchema;
    this.counters = counters;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    counts = context.getStateStore(STORE);
  }

  @Override
  public void process(Record<String, GenericRecord> record) {
    GenericRecord change = record.value();
    GenericRecord before = counts.get(record.key());
    int listeners = (before == null ? 0 : (Integer) before.get("listeners"));
    boolean names =
        before == null || (Long) change.get("listened_at") < (Long) before.get("named_at");
    GenericRecord count = new GenericData.Record(countSchema);
    count.put("listeners", listeners + (Integer) change.get("change"));
    count.put("named_at", names ? change.get("listened_at") : before.get("named_at"));
    count.put("artist_name", (names ? change : before).get("artist_name"));
    count.put("track_name", (names ? change : before).get("track_name"));
    count.put("users", List.of());
    counts.put(record.key(), count);
    counters.changeCounted();
  }
}
