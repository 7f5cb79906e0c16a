import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegueCommand } from '../../support/acceptance/segue-command';
import { type Installation, thirtyMusicSuite } from '../../support/acceptance/thirty-music-suite';
import { type KafkaService, startKafka } from '../../support/services/kafka-service';
import { withSharedData } from '../../support/shared-data';

/** No trigger may retrain beside the test. */
const RUN = [
  '--http-port',
  '0',
  '--first-model-listens-min',
  '1000000000',
  '--retrain-interval-min-ms',
  '1d',
];

/** A broker of its own, because it is killed once; the registry of the whole test run. */
async function openOnKafka(): Promise<Installation> {
  const kafka = await startKafka();
  const data = mkdtempSync(join(tmpdir(), 'segue-acceptance-'));
  const registry = process.env['SEGUE_TEST_REGISTRY']!;
  const prefix = `${randomUUID().slice(0, 8)}-`;
  const place = {
    brokers: kafka.address,
    registry,
    data,
    application: `${prefix}segue`,
    topicPrefix: prefix,
  };
  const segue = new SegueCommand([
    '--brokers',
    place.brokers,
    '--registry',
    registry,
    '--data',
    data,
    '--application',
    place.application,
    '--topic-prefix',
    prefix,
  ]);
  const twoProcesses = () =>
    [0, 1].map((number) =>
      segue.start('run', ['--until-caught-up', ...RUN, '--data', join(data, String(number))]),
    );
  return {
    segue,
    options: place,
    checkEvery: 6,
    catchUp: async (mishaps) => {
      if (mishaps === 'some') await mishap(segue, kafka, data);
      const ended = await Promise.all(twoProcesses().map(({ finished }) => finished));
      for (const { code, stderr } of ended)
        if (code !== 0) throw new Error(`segue run ended with ${code}:\n${stderr}`);
    },
    retrain: async (args) => {
      const processes = [0, 1].map((number) =>
        segue.start('run', [...RUN, '--data', join(data, String(number))]),
      );
      await segue.run('retrain', args);
      for (const { child } of processes) child.kill('SIGTERM');
      await Promise.all(processes.map(({ finished }) => finished));
    },
    stop: async () => {
      segue.killAll();
      await kafka.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Two processes at work; one is killed three times in the middle, then the broker once, and all go on. */
async function mishap(segue: SegueCommand, kafka: KafkaService, data: string): Promise<void> {
  const steady = segue.start('run', [...RUN, '--data', join(data, '0')]);
  for (let time = 1; time <= 3; time++) {
    const victim = segue.start('run', [...RUN, '--data', join(data, '1')]);
    await saying(victim.child, 'slots assigned', 500 * time);
    victim.child.kill('SIGKILL');
    await victim.finished;
  }
  await kafka.kill('SIGKILL');
  await kafka.restart();
  steady.child.kill('SIGKILL');
  await steady.finished;
}

function saying(
  child: { stderr: NodeJS.ReadableStream | null },
  words: string,
  thenMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    child.stderr!.on('data', (chunk: Buffer) => {
      if (chunk.includes(words)) setTimeout(resolve, thenMs);
    });
  });
}

describe('30Music, on real Kafka with two processes', () => {
  withSharedData('30music-sample10', (folder) => thirtyMusicSuite(folder, openOnKafka));
});
