import { retrainSettings } from '../../src/app/program-settings';
import { readSettings } from '../../src/config';

describe('the gate', () => {
  it.each([
    ['0.02', 0.02, 0.5],
    ['0.7', 0.7, 0.7],
    ['1', 1, 1],
  ])(
    'with tolerance %s allows a rival with an advantage no less',
    (gateTolerance, tolerance, whenSeen) => {
      const { gate } = retrainSettings(readSettings({ gateTolerance }, {}), 2);
      expect(gate).toMatchObject({ tolerance, toleranceWhenSeen: whenSeen });
    },
  );
});
