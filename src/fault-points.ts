/**
 * Places where a crash hurts most, by name: SEGUE_FAULT_POINT=NAME[:N] ends `segue run` with SIGKILL when it comes by
 * one (for the Nth time). For campaigns of crashes on real processes; without the variable every call is a no-op.
 */
import { SegueError } from './errors';

/** In the order in which a step, and then a take-over, comes by them. */
export const FAULT_POINTS = [
  'before-transaction',
  'after-records',
  'before-commit',
  'after-commit',
  'before-local-batch',
  'after-local-batch',
  'after-fencing',
  'in-restore',
  'before-seek',
] as const;

export type FaultPointName = (typeof FAULT_POINTS)[number];

/** Says that the program has come by a point. */
export type FaultPoint = (name: FaultPointName) => void;

export const noFaultPoint: FaultPoint = () => undefined;

/** Calls `end` at the point that `text` names. Throws SETTING_INVALID where there is no such point. */
export function readFaultPoint(
  text: string | undefined,
  end: (name: FaultPointName) => void,
): FaultPoint {
  if (text === undefined || text === '') return noFaultPoint;
  const [name, times = '1'] = text.split(':');
  if (!FAULT_POINTS.some((point) => point === name) || !/^[1-9]\d*$/.test(times)) {
    const expected = `one of ${FAULT_POINTS.join(', ')}, and perhaps :N`;
    throw new SegueError(
      'SETTING_INVALID',
      `SEGUE_FAULT_POINT: expected ${expected}, but ${JSON.stringify(text)} came; correct it or leave it out.`,
    );
  }
  let left = Number(times);
  return (point) => {
    if (point !== name) return;
    left -= 1;
    if (left === 0) end(point);
  };
}
