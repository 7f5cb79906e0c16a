import type { Administration } from '../../src/app/administration';
import { startTrainer } from '../../src/app/running-trainer';
import { TrainingProcess } from '../../src/app/training-process';
import type { VirtualSystem } from '../../src/app/virtual-system';
import { readSettings } from '../../src/config';
import { noLogger } from '../../src/logger';
import { noMeter } from '../../src/telemetry/meter';
import { listenedSystem } from '../support/listened-system';
import { ObservingMeter } from '../support/observing-meter';

const HOUR = 3_600_000;

/** Beside processes that do not train; its connection is there to be cut. */
async function trainerOf(system: VirtualSystem) {
  const connection = system.broker.connect();
  const { registry, clock } = system;
  const meter = new ObservingMeter();
  const trainer = new TrainingProcess({
    settings: { ...system.settings, trainer: 'worker-threads' },
    ...{ broker: connection, registry, clock, meter, logger: noLogger },
  });
  await system.run(trainer.start());
  return { trainer, connection, meter };
}

async function answered(system: VirtualSystem, administration: Administration, offset: number) {
  const answer = await system.run(administration.answerTo(offset, HOUR));
  return answer?.state;
}

describe('a process that only trains', () => {
  it('answers a request, and the processes with slots hand over', async () => {
    const { system, process, administration } = await listenedSystem({ trainer: 'none' });
    const { trainer } = await trainerOf(system);
    expect(trainer.readiness()).toEqual({ ready: true, reasons: [] });
    const offset = await system.run(administration.requestRetrain());
    expect(await answered(system, administration, offset)).toBe('PROMOTED');
    await system.settle(process);
    expect(process.loader.serving?.generation).toBe(1);
    // The next one is judged against what it has loaded itself.
    const next = await system.run(administration.requestRetrain({ 'gate-tolerance': '1' }));
    expect(await answered(system, administration, next)).toBe('PROMOTED');
    const { promoted } = await system.run(administration.directory());
    expect(promoted?.quality['reigning_ndcg20']).toBeGreaterThan(0);
    await system.run(trainer.stop());
    await system.run(process.stop());
  });

  it('stands by while another one trains, and takes over when that one dies in the midst of it', async () => {
    const { system, process, administration, states } = await listenedSystem({ trainer: 'none' });
    const first = await trainerOf(system);
    const second = await trainerOf(system);
    expect([first, second].map(({ trainer }) => trainer.isTrainer())).toEqual([true, false]);
    const offset = await system.run(administration.requestRetrain());
    const trains = () => first.meter.value('segue_retrain_state', 'running') === 1;
    await system.clock.advanceUntil(trains, HOUR, 10);
    first.connection.crash();
    await system.run(first.trainer.stop().catch(() => undefined));
    expect(await answered(system, administration, offset)).toBe('PROMOTED');
    expect(second.trainer.isTrainer()).toBe(true);
    expect(await states()).toEqual([[1, 'PROMOTED', offset]]);
    await system.run(second.trainer.stop());
    await system.run(process.stop());
  });

  it('and a process with slots that trains as well answer each request once', async () => {
    const { system, process, administration, states } = await listenedSystem();
    const { trainer } = await trainerOf(system);
    for (const request of [0, 1]) {
      const offset = await system.run(administration.requestRetrain({ 'gate-tolerance': '1' }));
      expect(offset).toBe(request);
      await answered(system, administration, offset);
      await system.settle(process);
    }
    const offsets = (await states()).map(([, , offset]) => offset);
    expect(offsets).toEqual([0, 1]);
    await system.run(trainer.stop());
    await system.run(process.stop());
  });

  it('refuses to be one without a trainer, or without brokers', async () => {
    const { system, process } = await listenedSystem();
    const { broker, registry, clock } = system;
    const settings = { ...system.settings, trainer: 'none' as const };
    const options = { settings, broker, registry, clock, meter: noMeter, logger: noLogger };
    expect(() => new TrainingProcess(options)).toThrow(/^--trainer: expected worker-threads/);
    await expect(startTrainer(readSettings({}, {}), noLogger)).rejects.toThrow(/^--brokers: /);
    await system.run(process.stop());
  });
});
