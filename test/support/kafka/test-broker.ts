/** The broker that the whole run of test/real shares. */
import { randomUUID } from 'node:crypto';

/** Addresses of the shared broker. */
export function testBrokers(): readonly string[] {
  const brokers = process.env['SEGUE_TEST_BROKERS'];
  if (!brokers) throw new Error('SEGUE_TEST_BROKERS is not set; run the tests by `npm test`');
  return brokers.split(',');
}

/** A name that no other test of any run uses. */
export const unique = (word: string): string => `${word}-${randomUUID().slice(0, 13)}`;
