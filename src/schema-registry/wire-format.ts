/** The registry's wire format: byte 0, four bytes schema id (big endian), Avro body. */

export const HEADER_BYTES = 5;

const MAGIC_BYTE = 0;

/** The writer's schema id, or −1 where the bytes are not in the wire format. */
export function writerIdOf(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC_BYTE) return -1;
  return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
}

export function writeHeader(target: Buffer, position: number, id: number): void {
  target[position] = MAGIC_BYTE;
  target.writeUInt32BE(id, position + 1);
}
