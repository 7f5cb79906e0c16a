/** When and how a model is trained. */
import { choice, decimal, duration, integer, list, share, text } from './setting-kinds';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const TRAINING_SETTINGS = {
  trainer: choice({
    values: ['worker-threads', 'spark', 'none'],
    default: 'worker-threads',
    help: 'Who answers retrain requests in this process.',
  }),
  'trainer-threads': integer({
    default: 0,
    min: 0,
    max: 256,
    help: 'Threads of a training; 0: one less than there are processors, at least one.',
  }),
  'spark-master': text({
    default: 'local[*]',
    pattern: /^(local(\[[^\s]+\])?|[a-z0-9]+:\/\/\S+|yarn)$/,
    expected: 'local[*], spark://HOST:PORT, k8s://…, yarn or another URL that Spark knows',
    help: 'Master of the cluster that trains, with trainer spark.',
  }),
  'spark-conf': list({
    default: [],
    pattern: /^spark\.[^=\s]+=.*$/,
    expected:
      'spark.NAME=VALUE, separated by commas (values with a comma go to spark-defaults.conf)',
    help: 'Further settings of Spark, such as spark.executor.memory=8g; of this process, no request carries them.',
  }),
  'spark-scratch': text({
    default: undefined,
    help: 'Folder or URL for checkpoints that all machines of the cluster reach; a temporary folder, on one machine.',
  }),
  'spark-folder': text({
    default: undefined,
    help: "Folder where Spark is installed, once; .cache/segue in the user's home unless given.",
  }),
  'spark-blocks': integer({
    default: 0,
    min: 0,
    max: 1000,
    help: 'Blocks into which Spark cuts users and tracks; 0: as many as it has cores.',
  }),
  'spark-time-max-ms': duration({
    default: 5 * HOUR,
    min: 1000,
    max: 365 * DAY,
    help: 'Time after which a training on Spark is given up; the tables are kept readable as of its start for six hours.',
  }),
  'als-rule': choice({
    values: ['hkv', 'spark', 'implicit', 'rendle'],
    default: 'hkv',
    help: 'Confidence and regularisation as in Hu, Koren and Volinsky, Spark, implicit, or Rendle et al.',
  }),
  factors: integer({ default: 64, min: 2, max: 1024, help: 'Factors of a user and of a track.' }),
  alpha: decimal({
    default: 1,
    min: 0,
    max: 1e6,
    help: 'Weight of a play; with rule rendle, weight of all pairs (alpha0).',
  }),
  lambda: decimal({ default: 10, min: 0, max: 1e9, help: 'Regularisation.' }),
  nu: decimal({
    default: 1,
    min: 0,
    max: 2,
    help: 'Exponent of the frequency in the regularisation, with rule rendle.',
  }),
  epochs: integer({ default: 12, min: 1, max: 1000, help: 'Rounds over users and items at most.' }),
  'retrain-tolerance': share({
    default: 0.001,
    help: 'A retrain from the reigning factors, by their rule, ends with the round that lowers the loss by less than this share; where the first does, factors and lists stay; 0: all rounds.',
  }),
  'search-candidates': integer({
    default: 1,
    min: 1,
    max: 1000,
    help: 'Combinations of factors, alpha and lambda tried in a retrain; 1: those given.',
  }),
  'holdout-share': share({
    default: 0.1,
    help: 'Newest share of the listens that candidates are compared on.',
  }),
  'gate-tolerance': share({
    default: 0.02,
    help: 'How far below the reigning model, in proportion, a candidate may be and still be promoted.',
  }),
  'challenger-share': share({
    default: 0,
    help: 'Share of the users that a new generation serves beside the promoted one, until `segue promote` or `segue rollback`; 0: it is promoted at once.',
  }),
  'retrain-check-ms': duration({
    default: 1000,
    min: 100,
    max: DAY,
    help: 'How often the reasons for a retrain are looked at; a share or a ratio must hold twice in a row.',
  }),
  'retrain-interval-min-ms': duration({
    default: 10 * MINUTE,
    min: 0,
    max: 365 * DAY,
    help: 'Shortest time between two retrains that nobody asked for; it doubles with each one refused in a row.',
  }),
  'retrain-age-ms': duration({
    default: DAY,
    min: 1000,
    max: 365 * DAY,
    help: 'Age at which a model is retrained.',
  }),
  'retrain-growth-share': decimal({
    default: 0.25,
    min: 0,
    max: 1000,
    help: 'Growth of the listens since the last model, in proportion, at which it is retrained.',
  }),
  'retrain-unknown-share': share({
    default: 0.1,
    help: 'Share of recent listens on tracks without factors at which the model is retrained.',
  }),
  'retrain-quality-ratio': decimal({
    default: 1,
    min: 0,
    max: 100,
    help: "Live hit rate at 100 of personal lists, in proportion to the popular list's, below which the model is retrained; 0: never.",
  }),
  'first-model-listens-min': integer({
    default: 10_000,
    min: 1,
    max: 1_000_000_000,
    help: 'Listens from which a first model is trained.',
  }),
} as const;
