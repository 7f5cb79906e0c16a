/** Runs tests that need Python's libraries; where they cannot be had one test says so, and fails with REQUIRE_REAL=1. */
import { PEER_FOLDERS, peerPython } from '../../bench/peers/peer-python';

export function withPeers(body: (python: string) => void): void {
  const python = peerPython(PEER_FOLDERS.tests);
  if (python) {
    body(python);
    return;
  }
  test('Python and the packages to compare with are on this machine', () => {
    process.stderr.write(
      'NOT RUN: comparisons with Python libraries; python3 with venv is needed\n',
    );
    expect(process.env.REQUIRE_REAL).not.toBe('1');
  });
}
