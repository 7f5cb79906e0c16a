/**
 * Free loopback ports. All are held open until the last is found, so they differ; they lie below those that systems hand
 * out to outgoing connections, which might take one before its service listens.
 */
import { randomInt } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';

const LOWEST = 15_000;
const HIGHEST = 32_000;
const ATTEMPTS_MAX = 100;

function tryPort(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function takePort(): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const server = await tryPort(randomInt(LOWEST, HIGHEST));
    if (server !== undefined) return server;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} in ${ATTEMPTS_MAX} attempts`);
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, takePort));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
