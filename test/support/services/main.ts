/**
 * `npm run services`: a Kafka broker and a schema registry for people without Docker. Prints where
 * they listen, ends both on Ctrl-C. `--kafka-port`, `--registry-port` choose the ports (9092, 8081
 * by default); `--data DIR` keeps the broker's data.
 */
import { parseArgs } from 'node:util';
import { type KafkaServiceOptions, startKafka } from './kafka-service';
import { startRegistry } from './registry-service';
import { canRun } from './service-files';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'kafka-port': { type: 'string', default: '9092' },
      'registry-port': { type: 'string', default: '8081' },
      data: { type: 'string' },
    },
  });
  const ability = await canRun();
  if (!ability.ok) {
    process.stderr.write(`segue: the services cannot run here: ${ability.why}\n`);
    process.exitCode = 1;
    return;
  }
  process.stderr.write('segue: starting Kafka and the schema registry …\n');
  const kafkaOptions: KafkaServiceOptions = {
    port: Number(values['kafka-port']),
    ...(values.data === undefined ? {} : { directory: values.data }),
  };
  const started = await Promise.allSettled([
    startKafka(kafkaOptions),
    startRegistry({ port: Number(values['registry-port']) }),
  ] as const);
  const stop = () =>
    Promise.all(
      started.map((each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)),
    );
  const [kafka, registry] = started;
  if (kafka.status === 'rejected' || registry.status === 'rejected') {
    for (const each of started) {
      if (each.status === 'rejected') process.stderr.write(`segue: ${each.reason.message}\n`);
    }
    await stop();
    process.exitCode = 1;
    return;
  }
  const flags = `--brokers ${kafka.value.address} --registry ${registry.value.address}`;
  process.stdout.write(
    `Kafka broker      ${kafka.value.address}\n` +
      `Schema registry   ${registry.value.address}\n\n` +
      `  npx segue run ${flags}\n\nCtrl-C ends both.\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  process.stderr.write('segue: stopping …\n');
  await stop();
}

void main();
