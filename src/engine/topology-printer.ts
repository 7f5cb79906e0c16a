/** The topology as people read it: indented text, or a Mermaid flow chart. */
import { isTable, type PartDefinition, type Topology } from './topology';

export function toText(topology: Topology): string {
  const lines = [`topology ${topology.name}`];
  for (const part of topology.parts) {
    lines.push('', `part ${part.name} (key: ${part.key}, runs on ${part.runsOn})`);
    for (const { topic, replayed } of part.sources) {
      lines.push(`  source ${topic.name}${replayed ? ' (from its beginning)' : ''}`);
    }
    for (const processor of part.processors) {
      lines.push(`  → ${processor.name}`);
      for (const store of processor.stores ?? [])
        lines.push(
          `      store ${store.name} (${isTable(store) ? `topic ${store.topic.name}` : 'local'})`,
        );
      for (const sink of processor.sinks ?? []) lines.push(`      sink ${sink.name}`);
    }
  }
  for (const { name, sources, processor } of topology.globals) {
    lines.push(
      '',
      `in every process: ${name}`,
      `  source ${sources.map((topic) => topic.name).join(', ')}`,
      `  → ${processor.name}`,
    );
  }
  lines.push(
    '',
    `each step ends with a record on ${topology.progress.name}; bad records go to ${topology.deadLetters.name}`,
  );
  return lines.join('\n');
}

export function toMermaid(topology: Topology): string {
  const lines = ['flowchart TD'];
  for (const part of topology.parts) lines.push(...mermaidPart(part));
  for (const { sources, processor } of topology.globals) {
    lines.push(`  ${processor.name}[${processor.name}]`);
    for (const topic of sources) lines.push(`  ${topicNode(topic.name)} --> ${processor.name}`);
  }
  return lines.join('\n');
}

function mermaidPart(part: PartDefinition): string[] {
  const chain = part.processors.map(({ name }) => name);
  return [
    `  subgraph ${part.name}`,
    ...chain.map((name) => `    ${name}[${name}]`),
    ...chain.slice(1).map((name, place) => `    ${chain[place]} --> ${name}`),
    '  end',
    ...part.sources.map(({ topic }) => `  ${topicNode(topic.name)} --> ${chain[0]}`),
    ...part.processors.flatMap((processor) => [
      ...(processor.sinks ?? []).map((sink) => `  ${processor.name} --> ${topicNode(sink.name)}`),
      ...(processor.stores ?? [])
        .filter(isTable)
        .map((store) => `  ${processor.name} --> ${topicNode(store.topic.name)}`),
    ]),
  ];
}

function topicNode(name: string): string {
  return `topic-${name}([${name}])`;
}
