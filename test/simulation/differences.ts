/** What differs, said so that a person can begin to look; of each kind a few. */
const SHOWN_MAX = 5;

export function differentCounts(
  what: string,
  found: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): string[] {
  return [...new Set([...found.keys(), ...expected.keys()])]
    .filter((key) => (found.get(key) ?? 0) !== (expected.get(key) ?? 0))
    .slice(0, SHOWN_MAX)
    .map((key) => `${what}: ${key} is ${found.get(key) ?? 0}, expected ${expected.get(key) ?? 0}`);
}

export function differentValues(what: string, found: unknown, expected: unknown): string[] {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? [] : [`${what}: is ${is}, expected ${should}`];
}

export function differentBytes(
  what: string,
  found: ReadonlyMap<string, Buffer>,
  expected: ReadonlyMap<string, Buffer>,
): string[] {
  return [...new Set([...found.keys(), ...expected.keys()])]
    .filter((key) => {
      const [one, other] = [found.get(key), expected.get(key)];
      return one === undefined || other === undefined || !one.equals(other);
    })
    .slice(0, SHOWN_MAX)
    .map((key) => {
      const named = (bytes: Buffer | undefined) => bytes?.toString('hex').slice(0, 60) ?? 'missing';
      return `${what}: ${JSON.stringify(key)} is ${named(found.get(key))}, expected ${named(expected.get(key))}`;
    });
}

export function few(differences: readonly string[]): string[] {
  return differences.slice(0, SHOWN_MAX);
}
