/**
 * CRC-32C (Castagnoli), which guards each record batch. Eight bytes a turn ("slicing by 8", Kounavis and Berry
 * 2005), since every byte in and out passes here; node:zlib has only the other polynomial.
 */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

function buildTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256]!;
    tables[i] = (previous >>> 8) ^ tables[previous & 255]!;
  }
  return tables;
}

const T = buildTables();

/** Of bytes[start, end), as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (const blocksEnd = end - 7; at < blocksEnd; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      T[1792 + (crc & 255)]! ^
      T[1536 + ((crc >>> 8) & 255)]! ^
      T[1280 + ((crc >>> 16) & 255)]! ^
      T[1024 + (crc >>> 24)]! ^
      T[768 + bytes[at + 4]!]! ^
      T[512 + bytes[at + 5]!]! ^
      T[256 + bytes[at + 6]!]! ^
      T[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ T[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}
