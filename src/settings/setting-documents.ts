/** What people read about the settings: the README's tables, .env.example and the help of the options. */
import { environmentName, type SettingName } from '../config';
import type { Setting } from './setting-kinds';
import { SETTING_GROUPS, SETTINGS } from './setting-table';

function shownDefault(setting: Setting<unknown>): string {
  return setting.default === undefined ? '' : setting.write(setting.default);
}

/** Markdown, a table a group. */
export function settingsTable(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([title, group]) => {
    const rows = Object.entries<Setting<unknown>>(group as Record<string, Setting<unknown>>).map(
      ([name, setting]) => {
        const option = setting.secret ? 'environment only' : `\`--${name}\``;
        const byDefault = shownDefault(setting);
        const shown = byDefault === '' ? '' : `\`${byDefault}\``;
        const { help, expected } = setting;
        return `| ${option} | \`${environmentName(name)}\` | ${shown} | ${help} | ${expected} |`;
      },
    );
    return [
      `**${title}**`,
      '',
      '| option | variable | default | meaning | value |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
  });
  return groups.join('\n');
}

/** Every variable with its default, commented out. */
export function environmentExample(): string {
  const lines = [
    '# Every setting, commented out with its default. Options of the same name win over these.',
    '# Do not commit a file with secrets in it.',
  ];
  for (const [title, group] of Object.entries(SETTING_GROUPS)) {
    lines.push('', `# ==== ${title} ====`);
    for (const [name, setting] of Object.entries<Setting<unknown>>(
      group as Record<string, Setting<unknown>>,
    )) {
      const secret = setting.secret ? ' Secret.' : '';
      lines.push('', `# ${setting.help}${secret} Value: ${setting.expected}.`);
      lines.push(`#${environmentName(name)}=${shownDefault(setting)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

export interface SettingOption {
  /** `--step-interval-ms <duration>`; a flag has no value. */
  readonly flags: string;
  readonly description: string;
}

/** For the command line's help; undefined for a secret, which has no option. */
export function settingOption(name: SettingName): SettingOption | undefined {
  const setting = SETTINGS[name] as Setting<unknown>;
  if (setting.secret) return undefined;
  const byDefault = shownDefault(setting);
  const flags = setting.kind === 'flag' ? `--${name} [boolean]` : `--${name} <${setting.kind}>`;
  return { flags, description: `${setting.help}${byDefault === '' ? '' : ` [${byDefault}]`}` };
}
