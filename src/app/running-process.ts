/** A stream process with everything that a real one has: connections, disk, metrics, HTTP. */

import { writeSync } from 'node:fs';
import nodeProcess from 'node:process';
import type { Broker } from '../broker/broker';
import { systemClock } from '../clock';
import { faultPointVariable, type Settings } from '../config';
import { type FaultPointName, readFaultPoint } from '../fault-points';
import type { Queries } from '../http/routes';
import { buildServer, listen, type RunningServer } from '../http/server';
import type { Logger } from '../logger';
import { PrometheusMeter } from '../telemetry/prometheus-meter';
import { connect } from './connect';
import { showFirstFigures } from './first-figures';
import { ListLookup } from './list-lookup';
import { bootId, LocalSlots } from './local-slots';
import { advertisedUrl, memberData } from './member-data';
import { MemberFile } from './member-file';
import { PeerWatch } from './peer-watch';
import { StoreSizes } from './store-sizes';
import { StreamProcess } from './stream-process';

export interface RunningProcess {
  readonly process: StreamProcess;
  readonly broker: Broker;
  readonly meter: PrometheusMeter;
  /** Where HTTP is answered. */
  readonly url: string;
  /** Resolves with 'failed' when no slot can go on. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

export async function startProcess(settings: Settings, logger: Logger): Promise<RunningProcess> {
  const meter = new PrometheusMeter();
  const faultPoint = readFaultPoint(faultPointVariable(), endAtOnce);
  const places = await connect(settings, logger, { asOwner: true, faultPoint });
  const local = new LocalSlots(settings, logger);
  const boot = bootId(systemClock.now());
  const member = new MemberFile(settings, boot);
  let http: RunningServer | undefined;
  const process = new StreamProcess({
    settings,
    ...places,
    clock: systemClock,
    meter,
    logger,
    bootId: boot,
    openDatabase: (slot, anew) => local.open(slot, anew),
    localSlots: () => local.list(),
    faultPoint,
    memberData: () => memberData(advertisedUrl(settings, http!.url)),
    earlierMemberId: member.earlier(),
    onMemberId: (id) => member.keep(id),
  });
  showFirstFigures(meter, process.topics, nodeProcess.version);
  const watch = new PeerWatch({
    membership: () => process.runner.membership,
    clock: systemClock,
    logger,
  });
  try {
    const sizes = new StoreSizes(local, meter, systemClock);
    const queries = queriesOf(process, meter, sizes);
    const server = buildServer({ queries, meter, logger });
    http = await listen(server, { host: settings.httpHost, port: settings.httpPort });
    await process.start();
    watch.start();
  } catch (error) {
    await http?.close();
    await places.close();
    throw error;
  }
  return {
    process,
    broker: places.broker,
    meter,
    url: http.url,
    failed: process.untilFailed(),
    stop: async () => {
      watch.stop();
      await process.stop();
      await http.close();
      await places.close();
    },
  };
}

/** As a crash does: nothing is flushed, nobody is told but standard error. */
function endAtOnce(name: FaultPointName): void {
  writeSync(2, `segue: ended at the fault point ${name}\n`);
  nodeProcess.kill(nodeProcess.pid, 'SIGKILL');
}

function queriesOf(process: StreamProcess, meter: PrometheusMeter, sizes: StoreSizes): Queries {
  const lists = new ListLookup(process, systemClock);
  return {
    ready: () => process.readiness(),
    recommendations: (user, onlyHere) => lists.find(user, onlyHere),
    metrics: () => {
      sizes.show();
      return meter.text();
    },
  };
}
