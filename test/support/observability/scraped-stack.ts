/**
 * The compose project as plain processes, scraped by a real Prometheus with the project's own prometheus.yml: only the
 * names that a container network resolves are put in place, and it scrapes every second, so that minutes are enough.
 */
import { parse, stringify } from 'yaml';
import { ComposeStack } from '../compose/compose-stack';
import { PrometheusApi } from './prometheus-api';

interface ScrapeConfig {
  readonly job_name: string;
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
  readonly static_configs?: readonly { readonly targets: readonly string[] }[];
}

interface PrometheusConfig {
  readonly global: Readonly<Record<string, string>>;
  readonly scrape_configs: readonly ScrapeConfig[];
}

const EVERY = '1s';

/** `addresses(name, port)`: of all containers that a name of the network stands for. */
export function withAddresses(
  text: string,
  addresses: (name: string, port: number) => readonly string[],
): string {
  const config = parse(text) as PrometheusConfig;
  return stringify({
    ...config,
    global: { scrape_interval: EVERY, scrape_timeout: EVERY, evaluation_interval: EVERY },
    scrape_configs: config.scrape_configs.map(({ dns_sd_configs, static_configs, ...rest }) => ({
      ...rest,
      static_configs: [
        {
          targets: [
            ...(dns_sd_configs ?? []).flatMap(({ names, port }) =>
              names.flatMap((name) => addresses(name, port)),
            ),
            ...(static_configs ?? []).flatMap(({ targets }) =>
              targets.flatMap((target) => {
                const [, port = ''] = target.split(':');
                return addresses('prometheus', Number(port));
              }),
            ),
          ],
        },
      ],
    })),
  });
}

export class ScrapedStack {
  readonly startedMs = Date.now();
  readonly api: PrometheusApi;

  private constructor(readonly compose: ComposeStack) {
    this.api = new PrometheusApi(compose.address('prometheus-1', 9090));
  }

  /** Two processes that count and two that train, no listens yet. */
  static async start(env: Readonly<Record<string, string>>): Promise<ScrapedStack> {
    const compose = await ComposeStack.start({
      profiles: ['demo'],
      // No Grafana can be had without its image.
      without: ['grafana'],
      later: ['listeners'],
      scale: { segue: 2, trainer: 2 },
      env,
      rewrite: (stack) => (path, text) =>
        path.endsWith('prometheus.yml')
          ? withAddresses(text, (name, port) =>
              stack.containers
                .filter(({ service }) => service === name)
                .map((container) => stack.address(container.name, port)),
            )
          : text,
    });
    return new ScrapedStack(compose);
  }

  /** Options with which a program on this machine reaches the project, as a person would. */
  get place() {
    return {
      brokers: this.compose.address('kafka-1', 9094),
      registry: `http://${this.compose.address('registry-1', 8080)}/apis/ccompat/v7`,
    };
  }

  /** Waits until every process has been scraped after now. */
  async untilScraped(): Promise<void> {
    const seconds = Date.now() / 1000;
    await this.api.until(`min(timestamp(segue_slots_held)) > bool ${seconds}`);
  }
}
