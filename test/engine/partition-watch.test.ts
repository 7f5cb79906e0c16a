/** Somebody changes the number of partitions of an input under a running application. */
import { SegueError } from '../../src/errors';
import { ToyEngine } from '../support/engine/toy-engine';

async function running() {
  const toy = await ToyEngine.open();
  const runner = await toy.start();
  const counting = jest.spyOn(toy.broker.constructor.prototype, 'partitionCount');
  return { toy, runner, counting };
}

afterEach(() => jest.restoreAllMocks());

describe('an input topic whose partitions are changed', () => {
  it('stops every slot with both numbers, and nothing is processed any more', async () => {
    const { toy, runner, counting } = await running();
    counting.mockResolvedValue(4);
    await toy.clock.advance(11_000);
    for (const slot of runner.slots) {
      expect(slot.status).toBe('failed');
      expect(slot.failure).toMatchObject({ code: 'TOPIC_PARTITIONS_DIFFER' });
      expect((slot.failure as Error).message).toMatch(/words: expected 2 partitions.*has 4/);
    }
    await toy.stop(runner);
  });

  it('is looked for again and again, also after the broker was away', async () => {
    const { toy, runner, counting } = await running();
    counting.mockRejectedValueOnce(new SegueError('BROKER_UNREACHABLE', 'away'));
    await toy.clock.advance(11_000);
    expect(runner.slots.every(({ status }) => status === 'running')).toBe(true);
    counting.mockResolvedValue(1);
    await toy.clock.advance(10_000);
    expect(runner.slots.every(({ status }) => status === 'failed')).toBe(true);
    await toy.stop(runner);
  });

  it('is not looked for any more when the process stops', async () => {
    const { toy, runner, counting } = await running();
    await toy.stop(runner);
    counting.mockClear();
    await toy.clock.advance(60_000);
    expect(counting).not.toHaveBeenCalled();
  });
});
