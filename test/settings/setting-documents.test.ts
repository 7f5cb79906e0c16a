import { environmentName, readSettings, SETTING_NAMES } from '../../src/config';
import {
  environmentExample,
  settingOption,
  settingsTable,
} from '../../src/settings/setting-documents';
import type { Setting } from '../../src/settings/setting-kinds';
import { SETTING_GROUPS, SETTINGS } from '../../src/settings/setting-table';

const all = Object.entries(SETTINGS as unknown as Record<string, Setting<unknown>>);

describe('the table of settings', () => {
  it.each(all)('has a default for %s that it would take itself', (_name, setting) => {
    const written = setting.default === undefined ? '' : setting.write(setting.default);
    if (written !== '') expect(setting.read(written)).toEqual(setting.default);
  });

  it.each(all)('explains %s in sentences that fit a table', (_name, { help, expected }) => {
    expect(help).toMatch(/^[A-Z].*\.$/);
    expect(`${help}${expected}`).not.toMatch(/[|\n]/);
  });

  it('puts each setting in one group', () => {
    const grouped = Object.values(SETTING_GROUPS).flatMap((group) => Object.keys(group));
    expect(grouped).toEqual(SETTING_NAMES);
  });
});

describe('the documents', () => {
  it('list every setting', () => {
    for (const name of SETTING_NAMES) {
      expect(settingsTable()).toContain(`\`${environmentName(name)}\``);
      expect(environmentExample()).toContain(`\n#${environmentName(name)}=`);
    }
    expect(settingsTable()).toContain(
      '| `--step-interval-ms` | `SEGUE_STEP_INTERVAL_MS` | `100ms` | Longest time',
    );
  });

  it('change nothing when the example is used as it is', () => {
    const environment = Object.fromEntries(
      environmentExample()
        .split('\n')
        .filter((line) => line.startsWith('#SEGUE_'))
        .map((line) => line.slice(1).split('=') as [string, string]),
    );
    expect(Object.keys(environment)).toHaveLength(SETTING_NAMES.length);
    expect(readSettings({}, environment)).toEqual(readSettings({}, {}));
  });

  it('describe options, and have none for a secret', () => {
    expect(settingOption('step-interval-ms')).toEqual({
      flags: '--step-interval-ms <duration>',
      description: 'Longest time that a step collects before it commits. [100ms]',
    });
    expect(settingOption('ssl')?.flags).toBe('--ssl [boolean]');
    expect(settingOption('sasl-password')).toBeUndefined();
  });
});
