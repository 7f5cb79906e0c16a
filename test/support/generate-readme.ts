/** Fills the generated parts of README.md, each between `<!-- generated: NAME -->` and `<!-- end -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTopology } from '../../src/app/describe-topology';
import { buildProgram } from '../../src/cli/program';
import { projectRoot } from '../../src/compiled-path';
import { ERROR_CODES } from '../../src/errors';
import { counterpartTable } from '../../src/evaluation/metrics/counterparts';
import { settingsTable } from '../../src/settings/setting-documents';
import { labelsTable, metricsTable } from '../../src/telemetry/series';
import { REJECTION_REASONS } from '../../streams/by-user/rejection-reasons';
import { segueTopics } from '../../streams/topics';

const README = join(projectRoot(), 'README.md');

const PARTS: Readonly<Record<string, () => string>> = {
  topology: () => `\`\`\`text\n${describeTopology('text')}\n\`\`\``,
  'topology-chart': () => `\`\`\`mermaid\n${describeTopology('mermaid')}\n\`\`\``,
  topics: topicTable,
  commands: commandTable,
  settings: settingsTable,
  metrics: metricsTable,
  labels: labelsTable,
  'ranking-metrics': counterpartTable,
  'error-codes': () => codeTable('code', ERROR_CODES),
  'rejection-reasons': () => codeTable('reason', REJECTION_REASONS),
};

/** README.md as it should be. Throws where a part that the file names is unknown. */
export function freshReadme(text = readFileSync(README, 'utf8')): string {
  return text.replace(
    /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const part = PARTS[name];
      if (part === undefined) throw new Error(`README.md names an unknown generated part: ${name}`);
      return `${begin}${part().trim()}\n${end}`;
    },
  );
}

export function generateReadme(): void {
  writeFileSync(README, freshReadme());
}

function topicTable(): string {
  const rows = Object.values(segueTopics()).map((topic) => {
    const partitions = topic.partitions === 'slots' ? 'one a slot' : '1';
    const { doc = '' } = topic.schema as { doc?: string };
    return `| \`${topic.name}\` | ${topic.cleanup} | ${partitions} | ${topic.compatibility} | ${doc} |`;
  });
  return [
    '| topic | cleanup | partitions | evolution | what it holds |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function commandTable(): string {
  const rows = buildProgram().commands.map((command) => {
    const usage = [
      command.name(),
      ...command.registeredArguments.map((one) =>
        one.required ? `<${one.name()}>` : `[${one.name()}]`,
      ),
    ];
    return `| \`segue ${usage.join(' ')}\` | ${command.description()} |`;
  });
  return ['| command | does |', '| --- | --- |', ...rows].join('\n');
}

function codeTable(head: string, codes: Readonly<Record<string, string>>): string {
  const rows = Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [`| ${head} | meaning |`, '| --- | --- |', ...rows].join('\n');
}
