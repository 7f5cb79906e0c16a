/** The printed path, without connecting to anything. */
import { Figures } from '../../streams/model/export-figures';
import { ModelLoader } from '../../streams/model/load-model';
import { PopularList } from '../../streams/model/popular-list';
import { RetrainRequests } from '../../streams/model/retrain-requests';
import { segueTopics } from '../../streams/topics';
import { segueTopology } from '../../streams/topology';
import type { Broker } from '../broker/broker';
import { systemClock } from '../clock';
import { readSettings } from '../config';
import { toMermaid, toText } from '../engine/topology-printer';
import { SegueError } from '../errors';
import { noLogger } from '../logger';
import { noMeter } from '../telemetry/meter';
import { streamSettings } from './program-settings';

/** Throws SETTING_INVALID for a format other than text and mermaid. */
export function describeTopology(format: string): string {
  const topics = segueTopics();
  const unused = () => {
    throw new Error('a printed topology reads nothing');
  };
  const topology = segueTopology({
    topics,
    settings: streamSettings(readSettings({}, {})),
    loader: new ModelLoader({
      topics,
      broker: {} as Broker,
      codec: unused,
      meter: noMeter,
      logger: noLogger,
      clock: systemClock,
      onSwitch: unused,
    }),
    popular: new PopularList(1),
    requests: new RetrainRequests(),
    figures: new Figures(noMeter),
  });
  if (format === 'text') return toText(topology);
  if (format === 'mermaid') return toMermaid(topology);
  throw new SegueError('SETTING_INVALID', `--format: expected text or mermaid, but ${format} came`);
}
