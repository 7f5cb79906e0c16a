/** What a campaign comes to, for people and for programs. */
import type { CampaignResult, FaultResult } from './campaign';

export function asText({
  seed,
  minutes,
  records,
  hits,
  faults,
  differences,
}: CampaignResult): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return [
    `seed ${seed}: ${minutes.toFixed(1)} minutes, ${records} records`,
    `kills by fault point: ${Object.entries(hits)
      .map(([point, times]) => `${point} ${times}`)
      .join(', ')}`,
    ...faults.map((fault) => `  ${fault.name.padEnd(width)}  ${summary(fault)}`),
    differences.length === 0 ? 'no difference' : 'DIFFERENCES',
    ...differences.map((difference) => `  ${difference}`),
    '',
  ].join('\n');
}

export function asJson({ faults, ...rest }: CampaignResult): string {
  return JSON.stringify({
    ...rest,
    faults: faults.map((fault) => ({
      name: fault.name,
      expected: fault.expected,
      times: fault.times,
      ...quantiles(fault),
    })),
  });
}

function summary(fault: FaultResult): string {
  const { medianSeconds, mostSeconds } = quantiles(fault);
  return `${fault.times} times, recovered after ${medianSeconds} s, at most ${mostSeconds} s`;
}

function quantiles({ recoverySeconds }: FaultResult) {
  const sorted = [...recoverySeconds].sort((a, b) => a - b);
  const rounded = (seconds: number | undefined) => Number((seconds ?? Number.NaN).toFixed(1));
  return {
    medianSeconds: rounded(sorted[sorted.length >> 1]),
    mostSeconds: rounded(sorted.at(-1)),
  };
}
