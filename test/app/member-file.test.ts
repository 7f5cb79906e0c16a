import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemberFile } from '../../src/app/member-file';

let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'segue-member-'));
});

afterEach(() => rmSync(data, { recursive: true }));

const open = (bootId = 'this boot') => new MemberFile({ data, application: 'app' }, bootId);
const path = () => join(data, 'slots', 'app', 'member.json');

/** As if the file had been written by the process with this id. */
function writtenBy(processId: number): void {
  const entry = JSON.parse(readFileSync(path(), 'utf8')) as object;
  writeFileSync(path(), JSON.stringify({ ...entry, processId }));
}

test('a folder that is new holds no earlier member', () => {
  expect(open().earlier()).toBeUndefined();
});

test('the member of a process that is gone is found', () => {
  open().keep('member-1');
  open().keep('member-2');
  const { pid } = spawnSync(process.execPath, ['--version']);
  writtenBy(pid);
  expect(open().earlier()).toBe('member-2');
});

test('the member of a process that still runs is not taken from it', async () => {
  open().keep('member-1');
  const other = spawn('sleep', ['60']);
  writtenBy(other.pid!);
  expect(open().earlier()).toBeUndefined();
  const exited = once(other, 'exit');
  other.kill('SIGKILL');
  await exited;
  expect(open().earlier()).toBe('member-1');
});

test('the same process id is another process after a boot, and in a container', () => {
  open('an earlier boot').keep('member-1');
  expect(open().earlier()).toBe('member-1');
  open().keep('member-2');
  expect(open().earlier()).toBe('member-2');
});

test('a file that was cut off says nothing', () => {
  open().keep('member-1');
  writeFileSync(path(), readFileSync(path(), 'utf8').slice(0, 9));
  expect(open().earlier()).toBeUndefined();
});
