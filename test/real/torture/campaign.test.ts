/** The campaign of `npm run torture`, shortened: every sort of damage once, every fault point at least once. */
import { runCampaign } from '../../torture/campaign';
import { SHORT } from '../../torture/deck';

const MINUTES = 60_000;

it(
  'leaves exactly what a recount in plain maps says, after every sort of damage to three processes',
  async () => {
    const seed = Date.now() % 1_000_000_000;
    const said: string[] = [];
    const { differences } = await runCampaign({
      seed,
      minutes: 0,
      faults: SHORT,
      rate: 40,
      nodes: 1,
      registry: process.env['SEGUE_TEST_REGISTRY'],
      say: (line) => said.push(line),
    });
    // The seed and what was done are shown where something differs.
    expect({ differences, ...(differences.length === 0 ? {} : { seed, said }) }).toEqual({
      differences: [],
    });
  },
  15 * MINUTES,
);
