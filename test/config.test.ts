import {
  environmentName,
  fieldName,
  readSettings,
  SETTING_NAMES,
  unknownVariables,
} from '../src/config';
import { hasCode } from '../src/errors';

function faultsOf(options: Record<string, unknown>, environment: Record<string, string> = {}) {
  try {
    readSettings(options, environment);
  } catch (error) {
    if (hasCode(error, 'SETTING_INVALID')) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  it('gives the defaults where nothing is said', () => {
    expect(readSettings({}, {})).toMatchObject({
      application: 'segue',
      brokers: [],
      partitions: 4,
      stepIntervalMs: 100,
      stepRecordsMax: 2000,
      stepBytesMax: 800_000,
      listLength: 100,
      topShare: 0.03,
      filterRule: 'smaller-of',
      listenersMin: 20,
      httpHost: '127.0.0.1',
      registry: undefined,
      ssl: false,
    });
  });

  it('takes the environment over the default, and the option over both', () => {
    const environment = { SEGUE_STEP_INTERVAL_MS: '250', SEGUE_PARTITIONS: '8' };
    expect(readSettings({ stepIntervalMs: '2s' }, environment)).toMatchObject({
      stepIntervalMs: 2000,
      partitions: 8,
    });
  });

  it('takes an empty variable for absent', () => {
    expect(readSettings({}, { SEGUE_PARTITIONS: '' }).partitions).toBe(4);
  });

  it('reads typed options as well as text', () => {
    expect(
      readSettings({ partitions: 2, ssl: true, brokers: ['a:1', 'b:2'], topShare: 0.5 }, {}),
    ).toMatchObject({ partitions: 2, ssl: true, brokers: ['a:1', 'b:2'], topShare: 0.5 });
  });

  it('leaves options alone that are no settings', () => {
    expect(faultsOf({ json: true, until: 'x' })).toEqual([]);
  });

  it('says what was expected, what came, where from and what to do', () => {
    expect(faultsOf({}, { SEGUE_STEP_INTERVAL_MS: 'soon' })).toEqual([
      'SEGUE_STEP_INTERVAL_MS: expected a duration from 1ms to 1min (units d, h, min, s, ms; none: ms), ' +
        'but "soon" came; correct it or leave it out (default 100ms).',
    ]);
  });

  it('tells everything that is wrong at once', () => {
    const faults = faultsOf({ partitions: '0', filterRule: 'best', brokers: 'localhost' });
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual([
      '--brokers',
      '--filter-rule',
      '--partitions',
    ]);
  });

  it('takes secrets from the environment only, and never shows them', () => {
    expect(readSettings({ saslPassword: 'a' }, {}).saslPassword).toBeUndefined();
    expect(readSettings({}, { SEGUE_SASL_PASSWORD: 'hunter2' }).saslPassword).toBe('hunter2');
    const faults = faultsOf({ saslMechanism: 'plain' }, { SEGUE_SASL_PASSWORD: 'hunter2' });
    expect(faults.join()).toContain('--sasl-username');
    expect(faults.join()).not.toContain('hunter2');
  });

  it.each([
    [{ sslCertFile: 'a.pem' }, '--ssl-key-file'],
    [{ perArtistMax: 30 }, '--per-artist-window'],
    [{ popularDepth: 10 }, '--list-length'],
    [{ saslMechanism: 'plain' }, 'SEGUE_SASL_PASSWORD'],
  ])('refuses %j, which contradicts itself', (options, named) => {
    expect(faultsOf(options).join()).toContain(named);
  });

  it('gives settings that nobody can change', () => {
    expect(Object.isFrozen(readSettings({}, {}))).toBe(true);
  });
});

describe('names', () => {
  it('are kebab-case options, upper-case variables and camel-case fields of one word each', () => {
    expect(environmentName('step-interval-ms')).toBe('SEGUE_STEP_INTERVAL_MS');
    expect(fieldName('step-interval-ms')).toBe('stepIntervalMs');
    for (const name of SETTING_NAMES) expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
    const fields = new Set(SETTING_NAMES.map(fieldName));
    expect(fields.size).toBe(SETTING_NAMES.length);
  });

  it('that are misspelt in the environment are found', () => {
    expect(unknownVariables({ SEGUE_PARTITION: '4', SEGUE_PARTITIONS: '4', PATH: '' })).toEqual([
      'SEGUE_PARTITION',
    ]);
  });
});
