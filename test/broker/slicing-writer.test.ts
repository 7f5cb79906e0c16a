import type { OutputRecord } from '../../src/broker/broker';
import { SlicingWriter } from '../../src/broker/slicing-writer';
import { SegueError } from '../../src/errors';

const recordOf = (text: string): OutputRecord => ({
  topic: 't',
  key: null,
  value: Buffer.from(text),
});

/** Keeps what it was given; refuses slices that hold the word, with the code. */
function appender(word = '', code: 'BROKER_RECORD_TOO_LARGE' | 'BROKER_UNREACHABLE' | '' = '') {
  const slices: string[][] = [];
  const append = async (records: readonly OutputRecord[]): Promise<void> => {
    const texts = records.map(({ value }) => `${value}`);
    if (code !== '' && texts.includes(word)) throw new SegueError(code, 'refused by the test');
    slices.push(texts);
  };
  return { slices, writer: new SlicingWriter(append) };
}

test('puts sends of one turn into one slice', async () => {
  const { slices, writer } = appender();
  await Promise.all(['a', 'b', 'c'].map((text) => writer.send([recordOf(text)])));
  expect(slices).toEqual([['a', 'b', 'c']]);
});

test('cuts a long send by number and by bytes, in order', async () => {
  const { slices, writer } = appender();
  const many = Array.from({ length: 4500 }, (_, i) => `${i}`);
  await writer.send(many.map(recordOf));
  expect(slices.map((slice) => slice.length)).toEqual([2000, 2000, 500]);
  expect(slices.flat()).toEqual(many);
  slices.length = 0;
  await writer.send(Array.from({ length: 5 }, () => recordOf('x'.repeat(600_000))));
  expect(slices.map((slice) => slice.length)).toEqual([2, 2, 1]);
});

test('fails the one send that is refused, not those beside it', async () => {
  const { slices, writer } = appender('bad', 'BROKER_RECORD_TOO_LARGE');
  const sends = ['a', 'bad', 'b'].map((text) => writer.send([recordOf(text)]));
  const results = await Promise.allSettled(sends);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(slices).toEqual([['a'], ['b']]);
});

test('never writes twice where the outcome is unknown', async () => {
  const { slices, writer } = appender('bad', 'BROKER_UNREACHABLE');
  const sends = ['a', 'bad'].map((text) => writer.send([recordOf(text)]));
  const results = await Promise.allSettled(sends);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(slices).toEqual([]);
});

test('finishes what was sent before it is closed', async () => {
  const { slices, writer } = appender();
  const sent = writer.send([recordOf('a')]);
  await writer.close();
  await sent;
  expect(slices).toEqual([['a']]);
  await expect(writer.send([recordOf('b')])).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
});
