/** The campaign of `npm run hand-overs`, shortened. */
import { runCampaign } from '../../hand-overs/campaign';

const MINUTES = 60_000;

it(
  'no hand-over loses a listen, mixes generations or leaves anybody without a list, with processes killed in the middle',
  async () => {
    const said: string[] = [];
    const seed = Date.now() % 1_000_000_000;
    const result = await runCampaign({
      brokers: process.env['SEGUE_TEST_BROKERS']!,
      registry: process.env['SEGUE_TEST_REGISTRY']!,
      seed,
      handOvers: 3,
      rate: 120,
      trainers: ['worker-threads'],
      every: 10,
      say: (line) => said.push(line),
    });
    const { differences, kills, generations, recomputed } = result;
    // The seed and what was done are shown where something differs.
    expect({ differences, ...(differences.length === 0 ? {} : { seed, said }) }).toEqual({
      differences: [],
    });
    expect({ kills, generations }).toEqual({ kills: 2, generations: 4 });
    expect(recomputed).toBeGreaterThan(100);
  },
  15 * MINUTES,
);
