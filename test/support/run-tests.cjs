/**
 * `npm test` and `npm run check`: lint, every unit test, then the tests against real services where
 * this machine can run them. What could not run is said loudly at the end, and is a failure with
 * REQUIRE_REAL=1. `--quick` leaves the real services out; further arguments go to jest.
 *
 * Types have been checked before we get here: bootstrap.cjs compiles first and stops on an error.
 */
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { canRun } = require('../../dist/test/support/services/service-files.js');

const ROOT = path.resolve(__dirname, '..', '..');
const tool = (name) => path.join(ROOT, 'node_modules', '.bin', name);

function run(command, parameters) {
  const done = spawnSync(command, parameters, { cwd: ROOT, stdio: 'inherit' });
  if (done.error) process.stderr.write(`segue: ${command}: ${done.error.message}\n`);
  return done.status ?? 1;
}

/** Runs one jest project; answers its exit code and counts. A run that died counts as one failure. */
function runJest(project, parameters, scratch) {
  const outputFile = path.join(scratch, `${project}.json`);
  process.stderr.write(`\nsegue: ${project} tests …\n`);
  const code = run(tool('jest'), [
    ...['--selectProjects', project, '--passWithNoTests'],
    ...['--json', `--outputFile=${outputFile}`],
    ...parameters,
  ]);
  const none = { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0, code };
  if (!fs.existsSync(outputFile)) return none;
  const report = JSON.parse(fs.readFileSync(outputFile, 'utf8'));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped: report.numPendingTests + report.numTodoTests,
    code,
  };
}

async function main() {
  const given = process.argv.slice(2);
  const quick = given.includes('--quick');
  const forJest = given.filter((each) => each !== '--quick');
  const required = process.env.REQUIRE_REAL === '1';
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'segue-tests-'));
  const couldNotRun = [];

  process.stderr.write('segue: lint and format …\n');
  const lint = run(tool('biome'), ['check']);
  const results = [runJest('unit', ['--maxWorkers=2', ...forJest], scratch)];
  if (quick) couldNotRun.push('tests against real services: left out by --quick');
  else {
    const named = process.env.SEGUE_TEST_BROKERS && process.env.SEGUE_TEST_REGISTRY;
    const ability = named ? { ok: true, why: '' } : await canRun();
    if (ability.ok) results.push(runJest('real', ['--runInBand', ...forJest], scratch));
    else couldNotRun.push(`tests against real Kafka and registry (test/real): ${ability.why}`);
  }
  fs.rmSync(scratch, { recursive: true, force: true });

  const sum = (what) => results.reduce((total, result) => total + result[what], 0);
  const realMissing = required && couldNotRun.length > 0;
  const failed = sum('failed') + (lint === 0 ? 0 : 1) + (realMissing ? 1 : 0);
  if (lint !== 0) process.stdout.write('\nFAILED: lint or format (npm run format repairs most)\n');
  if (couldNotRun.length > 0) {
    process.stdout.write(`\nCOULD NOT RUN${required ? ' (a failure: REQUIRE_REAL=1)' : ''}:\n`);
    for (const each of couldNotRun) process.stdout.write(`  - ${each}\n`);
  }
  const skipped = sum('skipped');
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  process.stdout.write(`\n${sum('passed')} passed, ${failed} failed${tail}\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
