import type { StreamProcess } from '../../src/app/stream-process';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { OutputRecord } from '../../src/broker/broker';
import { partitionOf } from '../../src/broker/partitioner';
import { SegueError } from '../../src/errors';

const TRACK = '00000000-0000-4000-8000-00000000000';

function listen(
  process: StreamProcess,
  system: VirtualSystem,
  user: string,
  second: number,
): OutputRecord {
  const { topics, runner } = process;
  return {
    topic: topics.listens.name,
    key: Buffer.from(user),
    value: runner.codecs.of(topics.listens).encode({
      kind: 'LISTEN',
      listened_at: 1_500_000_000 + second,
      recording_mbid: null,
      recording_msid: `${TRACK}${second % 10}`,
      artist_name: 'artist',
      track_name: 'track',
      release_name: null,
    }),
    timestampMs: system.clock.now(),
  };
}

function userOfSlot(slot: number, slots: number): string {
  for (let number = 0; ; number++) {
    if (partitionOf(Buffer.from(`user-${number}`), slots) === slot) return `user-${number}`;
  }
}

describe('a slot', () => {
  it('takes over with more progress records to replay than a step takes', async () => {
    // Each step of each slot is a progress record, which the control task reads without ever committing for it.
    const settings = { stepRecordsMax: '5', trainer: 'none', partitions: '2' };
    const system = await VirtualSystem.open({ settings });
    const first = await system.startProcess();
    for (let second = 0; second < 30; second++) {
      await system.send([listen(first, system, `user-${second % 7}`, second)]);
      await system.clock.advance(150);
    }
    await system.settle(first);
    await system.run(first.stop());
    const second = await system.startProcess();
    await system.settle(second);
    expect(second.figures.filter?.sums['listens']).toBe(30);
    await system.run(second.stop());
  });

  it('takes over again after a commit in doubt, also when no further input comes', async () => {
    let failures = 1;
    const system = await VirtualSystem.open({
      // Slot 1 has no timers that would wake it.
      settings: { trainer: 'none', partitions: '2' },
      faults: {
        afterCommit: async (transactionalId) => {
          if (transactionalId === 'segue-1' && failures-- > 0)
            throw new SegueError('BROKER_COMMIT_IN_DOUBT', 'the answer was lost', {
              retriable: true,
            });
        },
      },
    });
    const process = await system.startProcess();
    const user = userOfSlot(1, 2);
    await system.send([listen(process, system, user, 1)]);
    await system.clock.advance(5000);
    await system.settle(process);
    expect(process.figures.filter?.sums['listens']).toBe(1);
    expect(process.ownList(user)?.list?.listens).toBe(1);
    await system.run(process.stop());
  });
});
