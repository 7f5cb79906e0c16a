/** Against a server that speaks just enough of the protocol to be refused or to be waited for. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { WireWriter } from '../../../src/broker/kafka/wire-writer';

let server: Server | undefined;

afterEach(async () => {
  await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  server = undefined;
});

/** Answers each request with what `answer` gives for it; undefined leaves it open. */
async function serve(answer: (request: Buffer) => Buffer | undefined): Promise<string> {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (request) => {
      const body = answer(request);
      if (!body) return;
      const head = new WireWriter().int32(body.length + 4).raw(request.subarray(8, 12));
      socket.write(head.raw(body).finish());
    });
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An ApiVersions answer in which every request is offered up to `maxVersion`. */
function versionsUpTo(maxVersion: number): Buffer {
  const writer = new WireWriter().int16(0).int32(40);
  for (let apiKey = 0; apiKey < 40; apiKey++) writer.int16(apiKey).int16(0).int16(maxVersion);
  return writer.int32(0).finish();
}

test('says that a broker is too old, and for what', async () => {
  const address = await serve(() => versionsUpTo(2));
  await expect(KafkaBroker.connect({ brokers: [address] })).rejects.toMatchObject({
    code: 'BROKER_UNSUPPORTED',
    message: expect.stringMatching(/expected version \d+ of \w+, the broker offers 0 to 2/),
  });
});

test('gives up on a server that never answers, after the time an operation has', async () => {
  const address = await serve(() => undefined);
  await expect(
    KafkaBroker.connect({ brokers: [address], requestTimeoutMs: 100, operationMsMax: 200 }),
  ).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', retriable: true });
});

test('gives up where nobody listens', async () => {
  await expect(
    KafkaBroker.connect({ brokers: ['127.0.0.1:1'], operationMsMax: 100 }),
  ).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', retriable: true });
});

test.each(['', 'host:', 'host:port', 'host:70000'])('refuses "%s" as an address', async (text) => {
  await expect(KafkaBroker.connect({ brokers: [text] })).rejects.toMatchObject({
    code: 'SETTING_INVALID',
  });
});
