/** What a file is wrapped in, told by its first bytes, whatever its name says. */

export type Container = 'gzip' | 'zstd' | 'xz' | 'zip' | 'bzip2' | 'parquet' | 'tar';

/** Bytes needed to recognise every one of them. */
export const CONTAINER_HEAD_BYTES = 512;

const SIGNATURES: readonly (readonly [Container, number, Buffer])[] = [
  ['gzip', 0, Buffer.from([0x1f, 0x8b])],
  ['zstd', 0, Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['xz', 0, Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['zip', 0, Buffer.from('PK\x03\x04', 'latin1')],
  ['bzip2', 0, Buffer.from('BZh')],
  ['parquet', 0, Buffer.from('PAR1')],
  ['tar', 257, Buffer.from('ustar')],
];

/** undefined: plain text, as far as can be seen. */
export function containerOf(head: Buffer): Container | undefined {
  return SIGNATURES.find(([, at, bytes]) =>
    head.subarray(at, at + bytes.length).equals(bytes),
  )?.[0];
}
