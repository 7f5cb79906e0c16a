/** Ends the services that global-setup started. */
import { runningServices } from './running-services';

async function globalTeardown(): Promise<void> {
  const services = runningServices().splice(0);
  for (const { variable } of services) delete process.env[variable];
  await Promise.all(services.map(({ service }) => service.stop()));
}

module.exports = globalTeardown;
