/** A machine's disk: takes nothing while the machine stands still, is dead, or is full. */
import type { Level } from '../../src/store/level';
import type { Machine } from './machine';

type Batch = ReturnType<Level['batch']>;

/** Planted faults hold entries back. */
export type BatchFilter = (batch: Batch) => Batch;

export function simulatedDisk(level: Level, machine: Machine, filter: BatchFilter): Level {
  return new Proxy(level, {
    get(target, name) {
      if (name === 'batch') return () => guarded(filter(target.batch()), machine);
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function guarded(batch: Batch, machine: Machine): Batch {
  const write = batch.write.bind(batch) as (options: object) => Promise<void>;
  const guardedWrite = async (options: object): Promise<void> => {
    await machine.pass();
    if (machine.isDiskFull) throw new Error('no space left on device');
    await write(options);
  };
  return Object.assign(batch, { write: guardedWrite });
}
