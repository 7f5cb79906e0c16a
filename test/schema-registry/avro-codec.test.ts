import fc from 'fast-check';
import type { Listen, Recommendations } from '../../schemas/records';
import { AvroCodec } from '../../src/schema-registry/avro-codec';
import { EmbeddedRegistry, schemaId } from '../../src/schema-registry/embedded-registry';
import { loadSchema } from '../../src/schema-registry/load-schema';
import type { Codec } from '../../src/schema-registry/schema-registry';
import { UnreadableValue } from '../../src/schema-registry/schema-registry';

const registry = EmbeddedRegistry.inMemory();

function codecOf<T>(subject: string): Promise<Codec<T>> {
  return registry.codec<T>(subject, loadSchema(subject), 'BACKWARD');
}

const listen: Listen = {
  kind: 'LISTEN',
  listened_at: 1704067200,
  recording_mbid: 'f8d186be-5bdf-4e2d-883a-0a3c4d7a9989',
  recording_msid: null,
  artist_name: 'Führerschein 日本 🎵',
  track_name: 'x'.repeat(100),
  release_name: null,
};

function refusal(action: () => unknown): UnreadableValue {
  try {
    action();
  } catch (error) {
    if (error instanceof UnreadableValue) return error;
  }
  throw new Error('expected an UnreadableValue');
}

describe('AvroCodec', () => {
  it('keeps values apart that lie in one block of memory', async () => {
    const codec = await codecOf<Listen>('listens-value');
    const values = Array.from({ length: 3000 }, (_, i) => ({ ...listen, listened_at: i }));
    const encoded = values.map((value) => codec.encode(value));
    expect(encoded.map((bytes) => codec.decode(bytes))).toEqual(values);
  });

  it('encodes values larger than a block', async () => {
    const codec = await codecOf<Listen>('listens-value');
    const large = { ...listen, track_name: 'é'.repeat(200_000) };
    expect(codec.decode(codec.encode(large))).toEqual(large);
  });

  it('reads integers up to 2^53 exactly and refuses to write larger ones', async () => {
    const codec = await codecOf<Listen>('listens-value');
    const latest = { ...listen, listened_at: Number.MAX_SAFE_INTEGER - 1 };
    expect(codec.decode(codec.encode(latest))).toEqual(latest);
    expect(() => codec.encode({ ...listen, listened_at: 2 ** 53 })).toThrow();
  });

  it.each([
    ['nothing', ''],
    ['four bytes', '00000000'],
    ['text', Buffer.from('{"listened_at":1}').toString('hex')],
  ])('answers UNREADABLE_BYTES for %s', async (_, hex) => {
    const codec = await codecOf<Listen>('listens-value');
    const bytes = Buffer.from(hex, 'hex');
    await codec.learn([bytes]);
    expect(refusal(() => codec.decode(bytes)).reason).toBe('UNREADABLE_BYTES');
  });

  it('answers UNREADABLE_BYTES for every value cut short or with bytes too many', async () => {
    const codec = await codecOf<Listen>('listens-value');
    const bytes = codec.encode(listen);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      expect(refusal(() => codec.decode(cut)).reason).toBe('UNREADABLE_BYTES');
    }
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    expect(refusal(() => codec.decode(longer)).message).toMatch(/1 bytes too many/);
  });

  it('refuses element counts that the bytes cannot hold, at once', async () => {
    const codec = await codecOf<Recommendations>('recommendations-value');
    const value: Recommendations = {
      kind: 'POPULAR',
      generation: null,
      additions: 0,
      position: 0,
      listens: 0,
      newest_listened_at: 0,
      published_at: 0,
      tracks: [],
    };
    const head = codec.encode(value).subarray(0, -1);
    for (const count of ['feffffffffffff1f', 'fdffffffffff1f00', '80808080808001']) {
      const bytes = Buffer.concat([head, Buffer.from(count, 'hex')]);
      expect(refusal(() => codec.decode(bytes)).message).toMatch(/elements in/);
    }
  });

  it('answers for any bytes behind a known id with a value or a reason', async () => {
    const subjects = ['listens-value', 'progress-value', 'models-value', 'dead-letters-value'];
    const codecs = await Promise.all(subjects.map((subject) => codecOf<object>(subject)));
    const idBytes = subjects.map((subject) => {
      const bytes = Buffer.alloc(5);
      bytes.writeUInt32BE(schemaId(loadSchema(subject)), 1);
      return bytes;
    });
    fc.assert(
      fc.property(fc.nat(codecs.length - 1), fc.uint8Array({ maxLength: 60 }), (which, body) => {
        const codec = codecs[which]!;
        const bytes = Buffer.concat([idBytes[which]!, body]);
        try {
          codec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableValue);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('asks for each unknown id once and remembers the answer', async () => {
    const asked: number[] = [];
    const codec = new AvroCodec<Listen>(loadSchema('listens-value'), 1, async (id) => {
      asked.push(id);
      return undefined;
    });
    const bytes = Buffer.from('000000000900', 'hex');
    await codec.learn([bytes, bytes, null]);
    await codec.learn([bytes]);
    expect(asked).toEqual([9]);
    expect(refusal(() => codec.decode(bytes)).reason).toBe('UNKNOWN_SCHEMA');
  });

  it('answers with one and the same promise where every id is known', async () => {
    const codec = await codecOf<Listen>('listens-value');
    const values = [codec.encode(listen), null];
    expect(codec.learn(values)).toBe(codec.learn(values));
  });

  it('does not take an id that was never learnt for an unknown one', async () => {
    const codec = await codecOf<Listen>('listens-value');
    expect(() => codec.decode(Buffer.from('00000000ff00', 'hex'))).toThrow(/must be learnt/);
  });
});
