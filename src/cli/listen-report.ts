/** What `segue listen` says: a line of progress, and a summary of each file. Pure. */
import type { SendProgress, SendSummary } from '../app/listen-sending';

export function progressLine(progress: SendProgress): string {
  const { source, sent, refused, bytesRead, bytesTotal, rate, remainingMs } = progress;
  const read =
    bytesTotal === undefined
      ? `${(bytesRead / 1e6).toFixed(1)} MB read`
      : `${Math.floor((100 * bytesRead) / Math.max(1, bytesTotal))} % read`;
  return [
    `${source}: ${count(sent)} sent`,
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
    read,
    `${count(Math.round(rate))}/s`,
    ...(remainingMs === undefined ? [] : [`${duration(remainingMs)} left`]),
  ].join(', ');
}

export function summaryLines(summary: SendSummary): string[] {
  const { source, sent, refused, elapsedMs, rate, refusedByReason, examples } = summary;
  const lines = [
    `${source}: ${count(sent)} listens sent, ${count(refused)} refused, ` +
      `in ${duration(elapsedMs)} (${count(Math.round(rate))}/s)`,
  ];
  const byNumber = Object.entries(refusedByReason).sort(([, a], [, b]) => b - a);
  for (const [reason, number] of byNumber) lines.push(`  refused ${count(number)} × ${reason}`);
  for (const { member, line, reason, detail } of examples) {
    const file = member === undefined ? '' : `${member}, `;
    lines.push(`  ${file}line ${line}: ${reason}, ${detail}`);
  }
  const untold = refused - examples.length;
  if (untold > 0) lines.push(`  … and ${count(untold)} more`);
  return lines;
}

/** For programs. */
export function summaryObject(summary: SendSummary): object {
  const { remainingMs: _none, elapsedMs, rate, ...rest } = summary;
  return { ...rest, elapsedMs: Math.round(elapsedMs), rate: Math.round(rate) };
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
