/**
 * A dump in small as ListenBrainz publishes it, packed by GNU tar, zstd 1.5.4 and xz: notes, and the listens of two months
 * (three of user 1, two of user 2). Other archives are packed here.
 */
import { pack } from 'tar-stream';

const ZSTD =
  'KLUv/WQAJwULAJIOLh9Acx7ZKjRb5FWCFkVAXdMIFhGrJZRayqp+KI4CyUAGzz187vy8x+7u3t0N2GzaY1o5L7NG' +
  'mOHa6VbZNPJKSd5JIwtFVia8gJulUYWapFpRZmV2+PgZNobKayedbutCm1RSLNCs0KQpqtNmmqaf5/Ye9HPOO/sD' +
  '2x1LzWunSzv33KG4gCQOCBIZFBAiQhaAY2S24OP6/99hkZg0GHHdqqqLsSqvzSzHlrfjdub/d9+Ll3OQl4OhGSlK' +
  'oJDUyEySFBoDAEnEJIU21XY+lCtR+ZSyJpxQSTbvG/XwapYyoPS0S1RVokE26xM6EcTmXed223PG3VNmDHGgIzne' +
  'EHafbwvbP2jZVVtoAuptfHrC7WYAEdA2cCAAhSGRUWsdRZIKd3dE2gCrJ1C0AQhHK+owDChVs/UDoP4Y9a4/TA2w' +
  'QuGrRjDqOiysaeYBWp6FMh44bAkg21pIyA4MAd5OAQVnLFZ2';

const XZ =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AXZdADIdSd6v6XOlhXAjvLNO8K/YwHcUAUf6HkMo0sL9IOttddiy' +
  'O8jUEvNYao0tmyT2koACd1BtuSMCq+vxqjsRRUoob7f5s+qb+Wd2W3TqwuqSEEaxhmq2RtaLAFFbUr54++CJSuEg' +
  'IpMpb+icMcl16OTCeHZoCqF5W4mtD3ySGGWB+UsV3BlDV+PgcG9+04XdcrnAz3oblxWq45kzf6kA1znFMlyj3eRX' +
  'Jytj4p+FHT6K8zGZ7s1G1kAH0stuV98cWkNg+59FCLdYHYN0taqDNoJny3mnZvValV0YEZf8nZsafBkHjgb5BEng' +
  'JQaG6MSC1WPhVIAv3JCbcj3MniEuDQZj01/4Fx6b46UgWMTf71FoGRdthEUea2PKdnklTz6xp/vAixJ8UUA8UJ6x' +
  'yIiEKn4IN5xxsHXnYxfFJBk5xtvHVwQMmnB/0a6uYNojn01k4hEBPbGIcaFtmBlWzM++4Y5wa4ZYXGCkKLL6e3p/' +
  '6hyWUu33eYZAAAAAjhv07SQBkCAAAZIDgFAAAM6BvlWxxGf7AgAAAAAEWVo=';

export const DUMPS = {
  zst: Buffer.from(ZSTD, 'base64'),
  xz: Buffer.from(XZ, 'base64'),
} as const;

/** Name → content. */
export async function tarOf(files: Readonly<Record<string, Buffer | string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
