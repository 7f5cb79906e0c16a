/**
 * Starts Kafka and the registry once for a whole run of the tests in test/real, and tells the tests
 * where they are by SEGUE_TEST_BROKERS and SEGUE_TEST_REGISTRY; services named there already are used.
 */
import type { KafkaService } from './kafka-service';
import { startKafka } from './kafka-service';
import type { RegistryService } from './registry-service';
import { startRegistry } from './registry-service';
import { runningServices } from './running-services';
import { canRun } from './service-files';

async function startOne<T extends KafkaService | RegistryService>(
  variable: string,
  start: () => Promise<T>,
): Promise<void> {
  if (process.env[variable]) return;
  const service = await start();
  process.env[variable] = service.address;
  runningServices().push({ variable, service });
}

async function globalSetup(): Promise<void> {
  const missing = !process.env['SEGUE_TEST_BROKERS'] || !process.env['SEGUE_TEST_REGISTRY'];
  const ability = await canRun();
  if (missing && !ability.ok) throw new Error(`The real services cannot run here: ${ability.why}`);
  const outcomes = await Promise.allSettled([
    startOne('SEGUE_TEST_BROKERS', startKafka),
    startOne('SEGUE_TEST_REGISTRY', startRegistry),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

module.exports = globalSetup;
