import type { Listen } from '../../../schemas/records';
import type { OutputRecord, Writer } from '../../../src/broker/broker';
import { EmbeddedRegistry } from '../../../src/schema-registry/embedded-registry';
import { loadSchema } from '../../../src/schema-registry/load-schema';
import type { Codec } from '../../../src/schema-registry/schema-registry';
import { VirtualClock } from '../../../src/virtual-clock';
import { streamSource } from '../../../streams/listen-files/listen-source';
import {
  type SendOptions,
  type SendProgress,
  sendListens,
} from '../../../streams/listen-files/send-listens';
import { inChunks } from '../../support/chunks';

const START_MS = Date.UTC(2024, 0, 2);

class RecordingWriter implements Writer {
  readonly batches: { readonly atMs: number; readonly records: readonly OutputRecord[] }[] = [];
  inFlight = 0;
  inFlightMax = 0;
  failure: Error | undefined;

  /** `sendMs`: how long a batch takes. */
  constructor(
    private readonly clock: VirtualClock,
    private readonly sendMs = 0,
  ) {}

  async send(records: readonly OutputRecord[]): Promise<void> {
    this.inFlight++;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    this.batches.push({ atMs: this.clock.now(), records });
    await new Promise<void>((resolve) => this.clock.schedule(this.sendMs, resolve));
    this.inFlight--;
    if (this.failure) throw this.failure;
  }

  async close(): Promise<void> {}

  get records(): readonly OutputRecord[] {
    return this.batches.flatMap(({ records }) => records);
  }
}

let codec: Codec<Listen>;
let clock: VirtualClock;
let writer: RecordingWriter;

beforeAll(async () => {
  const schema = loadSchema('listens-value');
  codec = await EmbeddedRegistry.inMemory().codec<Listen>('listens-value', schema, 'BACKWARD');
});

beforeEach(() => {
  clock = new VirtualClock(START_MS);
  writer = new RecordingWriter(clock);
});

function dump(listens: number, user = (i: number) => i % 7): string {
  const line = (i: number) => ({
    user_id: user(i),
    timestamp: 1704067200 + i,
    track_metadata: { artist_name: 'Portishead', track_name: `Roads ${i}` },
  });
  return Array.from({ length: listens }, (_, i) => `${JSON.stringify(line(i))}\n`).join('');
}

async function send(text: string, options: Partial<SendOptions> = {}) {
  const source = streamSource('a file', inChunks(text, 1000), Buffer.byteLength(text));
  const sending = sendListens({
    source,
    writer,
    codec,
    clock,
    topic: 'listens',
    recordBytesMax: 1000,
    ...options,
  });
  let isDone = false;
  const done = sending.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  await clock.advanceUntil(() => isDone, 3_600_000);
  return await done;
}

describe('sendListens', () => {
  it('sends every listen of a file, in order, keyed by user', async () => {
    const summary = await send(dump(12_000));
    expect(summary).toMatchObject({ sent: 12_000, refused: 0, refusedByReason: {} });
    expect(writer.records).toHaveLength(12_000);
    writer.records.forEach(({ topic, key, value }, i) => {
      expect([topic, key!.toString()]).toEqual(['listens', String(i % 7)]);
      expect(codec.decode(value!).track_name).toBe(`Roads ${i}`);
    });
  });

  it('never has more than one batch on its way', async () => {
    writer = new RecordingWriter(clock, 30);
    await send(dump(20_000));
    expect(writer.batches.length).toBeGreaterThan(3);
    expect(writer.inFlightMax).toBe(1);
  });

  it('counts what it refuses by reason, with the first lines as examples', async () => {
    const empty = '{"user_id":1,"timestamp":1704067200,"track_metadata":{"artist_name":""}}\n';
    const early =
      '{"user_id":1,"timestamp":5,"track_metadata":{"artist_name":"a","track_name":"b"}}\n';
    const summary = await send(dump(3) + `x\n${empty}`.repeat(20) + early);
    expect(summary).toMatchObject({
      sent: 3,
      refused: 41,
      refusedByReason: { NOT_JSON: 20, NAMES_EMPTY: 20, LISTENED_AT_TOO_EARLY: 1 },
    });
    expect(summary.examples).toHaveLength(10);
    expect(summary.examples[1]).toEqual({
      line: 5,
      reason: 'NAMES_EMPTY',
      detail: 'artist_name is empty',
    });
  });

  it('judges by the rules of clean-listen, so that nothing it sends becomes a dead letter', async () => {
    const early =
      '{"user_id":1,"timestamp":99,"track_metadata":{"artist_name":"a","track_name":"b"}}';
    const future = early.replace('99', String(START_MS / 1000 + 86_401));
    const summary = await send(`${early}\n${future}\n`);
    expect(summary.refusedByReason).toEqual({ LISTENED_AT_TOO_EARLY: 1, LISTENED_AT_IN_FUTURE: 1 });
  });

  it('refuses records that no topic would take', async () => {
    const large = dump(1).replace('Roads', 'R'.repeat(2000));
    expect((await send(large)).refusedByReason).toEqual({ RECORD_TOO_LARGE: 1 });
  });

  it('stops at the limit', async () => {
    const summary = await send(dump(50), { limit: 20 });
    expect(summary.sent).toBe(20);
    expect(writer.records).toHaveLength(20);
  });

  it('stops when told to, with what it has taken sent', async () => {
    const stop = new AbortController();
    writer = new RecordingWriter(clock, 100);
    const onProgress = ({ sent }: SendProgress) => sent > 10_000 && stop.abort();
    const summary = await send(dump(100_000), { signal: stop.signal, onProgress });
    expect(summary.sent).toBeGreaterThan(10_000);
    expect(summary.sent).toBeLessThan(100_000);
    expect(writer.records).toHaveLength(summary.sent);
  });

  it('goes on where an interrupted run got to, behind refusals as well', async () => {
    const text = `x\n${dump(40_000)}`;
    const stop = new AbortController();
    const onProgress = ({ sent }: SendProgress) => sent > 10_000 && stop.abort();
    writer = new RecordingWriter(clock, 100);
    const first = await send(text, { signal: stop.signal, onProgress });
    expect(first.entries).toBe(first.sent + 1);
    const second = await send(text, { skip: first.entries });
    expect(second).toMatchObject({ sent: 40_000 - first.sent, refused: 0, entries: 40_001 });
    const titles = writer.records.map(({ value }) => codec.decode(value!).track_name);
    expect(titles).toEqual(Array.from({ length: 40_000 }, (_, i) => `Roads ${i}`));
  });

  it('keeps to a rate, evenly', async () => {
    const { elapsedMs } = await send(dump(3000), { ratePerSecond: 1000 });
    expect(elapsedMs).toBeGreaterThanOrEqual(2900);
    expect(elapsedMs).toBeLessThanOrEqual(3100);
    let sent = 0;
    for (const { atMs, records } of writer.batches) {
      sent += records.length;
      expect(sent).toBeLessThanOrEqual(((atMs - START_MS) / 1000) * 1000 + 51);
    }
  });

  it('tells rate and time left by the bytes read, at most twice a second', async () => {
    const seen: SendProgress[] = [];
    await send(dump(10_000), { ratePerSecond: 1000, onProgress: (one) => seen.push(one) });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.length).toBeLessThanOrEqual(21);
    const middle = seen[Math.floor(seen.length / 2)]!;
    expect(middle.rate).toBeGreaterThan(900);
    expect(middle.rate).toBeLessThan(1100);
    expect(middle.elapsedMs + middle.remainingMs!).toBeGreaterThan(9000);
    expect(middle.elapsedMs + middle.remainingMs!).toBeLessThan(11_000);
  });

  it('tells the time left by the limit where that comes first', async () => {
    const seen: SendProgress[] = [];
    await send(dump(100_000), {
      ratePerSecond: 1000,
      limit: 4000,
      onProgress: (one) => seen.push(one),
    });
    const last = seen.at(-1)!;
    expect(last.elapsedMs + last.remainingMs!).toBeLessThan(4500);
  });

  it('stops with the failure of the writer', async () => {
    writer.failure = new Error('broker away');
    await expect(send(dump(30_000))).rejects.toThrow('broker away');
    expect(writer.batches.length).toBeLessThan(3);
  });
});
