/** What spark-submit is told: defaults that suit a retrain, and over them whatever --spark-conf says. */
import type { Settings } from '../config';

const DEFAULTS: Readonly<Record<string, string>> = {
  'spark.driver.memory': '2g',
  'spark.ui.enabled': 'false',
  'spark.log.level': 'WARN',
  'spark.serializer': 'org.apache.spark.serializer.KryoSerializer',
  'spark.cleaner.referenceTracking.cleanCheckpoints': 'true',
};
/** Nothing of a master in this process needs to be reached from elsewhere. */
const LOCAL: Readonly<Record<string, string>> = {
  'spark.driver.host': '127.0.0.1',
  'spark.driver.bindAddress': '127.0.0.1',
};

export function sparkSubmitOptions(
  { application, sparkMaster, sparkConf }: Settings,
  jars: readonly string[],
): string[] {
  const given = Object.fromEntries(
    sparkConf.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  const conf = { ...DEFAULTS, ...(sparkMaster.startsWith('local') ? LOCAL : {}), ...given };
  return [
    ...['--master', sparkMaster, '--name', `${application}-retrain`, '--jars', jars.join(',')],
    ...Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
  ];
}
