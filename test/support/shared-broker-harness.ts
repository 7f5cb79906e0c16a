/** The client of a shared embedded broker as the broker contract wants it; what it cannot do, the owner does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SharedBrokerClient } from '../../src/broker/shared-broker-client';
import { SharedBrokerServer } from '../../src/broker/shared-broker-server';
import type { Level } from '../../src/store/level';
import type { BrokerHarness, OpenStep } from '../contract/broker-harness';
import { EmbeddedBrokerHarness } from './embedded-broker-harness';

export class SharedBrokerHarness implements BrokerHarness {
  broker!: SharedBrokerClient;
  private server!: SharedBrokerServer;
  private clients: SharedBrokerClient[] = [];

  private constructor(
    readonly owner: EmbeddedBrokerHarness,
    private readonly folder: string,
  ) {}

  static async start(openDatabase: () => Promise<Level>): Promise<SharedBrokerHarness> {
    const owner = await EmbeddedBrokerHarness.start(openDatabase);
    const folder = await mkdtemp(join(tmpdir(), 'segue-shared-'));
    const harness = new SharedBrokerHarness(owner, folder);
    await harness.share();
    return harness;
  }

  get address(): string {
    return join(this.folder, 'socket', 'broker');
  }

  get cleaningTopic() {
    return this.owner.cleaningTopic;
  }

  async connect(): Promise<SharedBrokerClient> {
    const client = await SharedBrokerClient.connect(this.address, 'token');
    this.clients.push(client);
    return client;
  }

  async restart(): Promise<void> {
    await this.unshare();
    await this.owner.restart();
    await this.share();
  }

  openStep(transactionalId: string, groupId: string): Promise<OpenStep> {
    return this.owner.openStep(transactionalId, groupId);
  }

  dropRecordsBefore(position: Parameters<BrokerHarness['dropRecordsBefore']>[0]): Promise<void> {
    return this.owner.dropRecordsBefore(position);
  }

  clean(): Promise<void> {
    return this.owner.clean();
  }

  /** Ends the sharing as the end of the owning process does. */
  async unshare(): Promise<void> {
    await this.server.close();
  }

  async stop(): Promise<void> {
    for (const client of this.clients) await client.close();
    await this.unshare();
    await this.owner.stop();
    await rm(this.folder, { recursive: true });
  }

  private async share(): Promise<void> {
    const { address } = this;
    this.server = await SharedBrokerServer.listen({
      broker: this.owner.broker,
      address,
      token: 'token',
    });
    this.broker = await this.connect();
  }
}
