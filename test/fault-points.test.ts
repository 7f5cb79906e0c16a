import { hasCode } from '../src/errors';
import { FAULT_POINTS, noFaultPoint, readFaultPoint } from '../src/fault-points';

describe('a fault point', () => {
  it('costs nothing when none is named', () => {
    expect(readFaultPoint(undefined, () => undefined)).toBe(noFaultPoint);
    expect(readFaultPoint('', () => undefined)).toBe(noFaultPoint);
  });

  it.each(FAULT_POINTS)('ends the process at %s, and there only', (name) => {
    const ended: string[] = [];
    const pass = readFaultPoint(name, (point) => ended.push(point));
    for (const point of FAULT_POINTS) pass(point);
    expect(ended).toEqual([name]);
  });

  it('ends it the wanted time, once', () => {
    const ended: string[] = [];
    const pass = readFaultPoint('before-commit:3', (point) => ended.push(point));
    pass('before-commit');
    pass('before-commit');
    expect(ended).toEqual([]);
    pass('before-commit');
    pass('before-commit');
    expect(ended).toEqual(['before-commit']);
  });

  it.each(['nowhere', 'before-commit:0', 'before-commit:x'])('refuses %s', (text) => {
    let thrown: unknown;
    try {
      readFaultPoint(text, () => undefined);
    } catch (error) {
      thrown = error;
    }
    expect(hasCode(thrown, 'SETTING_INVALID')).toBe(true);
  });
});
