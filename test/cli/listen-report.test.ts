import type { SendSummary } from '../../src/app/listen-sending';
import { progressLine, summaryLines, summaryObject } from '../../src/cli/listen-report';

const SUMMARY: SendSummary = {
  source: 'listens.jsonl.gz',
  sent: 1_234_567,
  refused: 3,
  bytesRead: 75_000_000,
  bytesTotal: 100_000_000,
  elapsedMs: 30_400,
  rate: 40_610.4,
  remainingMs: 600_000,
  refusedByReason: { NOT_JSON: 1, NAMES_EMPTY: 2 },
  entries: 1_234_567,
  examples: [{ line: 7, reason: 'NAMES_EMPTY', detail: 'artist_name is empty' }],
};

describe('what segue listen says', () => {
  it('is a line of progress', () => {
    expect(progressLine(SUMMARY)).toBe(
      'listens.jsonl.gz: 1,234,567 sent, 3 refused, 75 % read, 40,610/s, 10 min left',
    );
    const pipe = { ...SUMMARY, refused: 0, bytesTotal: undefined, remainingMs: undefined };
    expect(progressLine(pipe)).toBe('listens.jsonl.gz: 1,234,567 sent, 75.0 MB read, 40,610/s');
  });

  it('is a summary with the reasons, the commonest first, and where they are', () => {
    expect(summaryLines(SUMMARY)).toEqual([
      'listens.jsonl.gz: 1,234,567 listens sent, 3 refused, in 30 s (40,610/s)',
      '  refused 2 × NAMES_EMPTY',
      '  refused 1 × NOT_JSON',
      '  line 7: NAMES_EMPTY, artist_name is empty',
      '  … and 2 more',
    ]);
  });

  it('is one object for programs', () => {
    expect(summaryObject(SUMMARY)).toMatchObject({
      sent: 1_234_567,
      refusedByReason: { NOT_JSON: 1, NAMES_EMPTY: 2 },
      rate: 40_610,
    });
  });
});
