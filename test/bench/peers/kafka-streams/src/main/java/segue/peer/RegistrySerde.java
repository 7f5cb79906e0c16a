package segue.peer;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Avro behind the registry's five bytes. Reader and writer use the schema of the file, so no registry is asked; the
 * work for each record is the same. Used by several threads, hence the thread-local coders.
 */
final class RegistrySerde implements Serde<GenericRecord> {
  private static final int HEADER = 5;

  final Schema schema;
  private final ThreadLocal<Coder> coder;

  RegistrySerde(File schemaFile) throws IOException {
    schema = new Schema.Parser().parse(schemaFile);
    GenericData.setStringType(schema, GenericData.StringType.String);
    coder = ThreadLocal.withInitial(() -> new Coder(schema));
  }

  @Override
  public Serializer<GenericRecord> serializer() {
    return (topic, value) -> value == null ? null : coder.get().encode(value);
  }

  @Override
  public Deserializer<GenericRecord> deserializer() {
    return (topic, bytes) -> bytes == null ? null : coder.get().decode(bytes);
  }

  private static final class Coder {
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;

    Coder(Schema schema) {
      reader = new GenericDatumReader<>(schema);
      writer = new GenericDatumWriter<>(schema);
    }

    GenericRecord decode(byte[] bytes) {
      try {
        decoder =
            DecoderFactory.get().binaryDecoder(bytes, HEADER, bytes.length - HEADER, decoder);
        return reader.read(null, decoder);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }

    byte[] encode(GenericRecord value) {
      try {
        out.reset();
        out.write(new byte[] {0, 0, 0, 0, 1}, 0, HEADER);
        encoder = EncoderFactory.get().binaryEncoder(out, encoder);
        writer.write(value, encoder);
        encoder.flush();
        return out.toByteArray();
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
  }
}
