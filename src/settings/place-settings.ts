/** Where things are, and how they are reached. */
import { LOG_LEVELS } from '../logger';
import { choice, flag, integer, list, text } from './setting-kinds';

const URL_EXPECTED = { pattern: /^https?:\/\/\S+$/, expected: 'a URL, http://… or https://…' };

export const PLACE_SETTINGS = {
  application: text({
    default: 'segue',
    pattern: /^[a-z0-9][a-z0-9._-]{0,99}$/i,
    expected: 'up to 100 letters, digits, dots, dashes and underscores',
    help: 'Name of the application: its group, the start of its transactional ids; one name, one owner of a slot.',
  }),
  'topic-prefix': text({
    default: '',
    pattern: /^[a-z0-9._-]{0,100}$/i,
    expected: 'up to 100 letters, digits, dots, dashes and underscores',
    help: 'Put before the name of every topic, to keep several applications apart on one cluster.',
  }),
  data: text({
    default: '.segue',
    help: 'Folder for local stores and, embedded, for the topics.',
  }),
  brokers: list({
    default: [],
    pattern: /^(\[[0-9a-f:]+\]|[^\s:,]+):\d{1,5}$/i,
    expected: 'HOST:PORT, separated by commas',
    help: 'Kafka brokers to start from; without any, the embedded broker in this process is used.',
  }),
  'client-id': text({ default: 'segue', help: 'Name of this client in the logs of the brokers.' }),
  'replication-factor': integer({
    default: -1,
    min: -1,
    max: 15,
    help: "Replicas of the topics that are created; -1: the brokers' default.",
  }),
  ssl: flag({ default: false, help: 'Talk TLS to the brokers.' }),
  'ssl-ca-file': text({ default: undefined, help: 'PEM file of the authority to trust.' }),
  'ssl-cert-file': text({ default: undefined, help: 'PEM file of the client certificate.' }),
  'ssl-key-file': text({ default: undefined, help: 'PEM file of its key.' }),
  'ssl-key-passphrase': text({
    default: undefined,
    secret: true,
    help: 'Passphrase of the key.',
  }),
  'sasl-mechanism': choice({
    values: ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
    default: 'none',
    help: 'How to log in to the brokers; needs sasl-username and SEGUE_SASL_PASSWORD.',
  }),
  'sasl-username': text({ default: undefined, help: 'Name to log in to the brokers with.' }),
  'sasl-password': text({ default: undefined, secret: true, help: 'Password of that name.' }),
  registry: text({
    default: undefined,
    ...URL_EXPECTED,
    help: 'Confluent-compatible schema registry; without it schemas come from schemas/.',
  }),
  'registry-username': text({ default: undefined, help: 'Name to log in to the registry with.' }),
  'registry-password': text({ default: undefined, secret: true, help: 'Password of that name.' }),
  'http-host': text({
    default: '127.0.0.1',
    help: 'Address to answer HTTP on; only this machine by default, since nothing is protected by a password.',
  }),
  'http-port': integer({
    default: 9464,
    min: 0,
    max: 65_535,
    help: 'Port for metrics, health and recommendations; 0: any free one, which is logged.',
  }),
  'advertised-url': text({
    default: undefined,
    ...URL_EXPECTED,
    help: 'Where other processes reach the HTTP of this one; by default the address it listens on.',
  }),
  'log-level': choice({ values: LOG_LEVELS, default: 'info', help: 'What is logged, and above.' }),
} as const;
