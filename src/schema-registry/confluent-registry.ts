/**
 * Any Confluent-compatible schema registry (Confluent's own, Apicurio, Karapace), through
 * @kafkajs/confluent-schema-registry. Only registering and fetching go through that client; values are read
 * and written by `AvroCodec`.
 *
 * A subject that was not made by this client can have no compatibility level at all (Apicurio then answers
 * NONE and checks nothing), which the client refuses to work with: here the wanted level is set. A level
 * that promises more than is wanted is left alone; any other one is somebody's decision and stops the start.
 */
import {
  SchemaRegistry as Client,
  type COMPATIBILITY,
  SchemaType,
} from '@kafkajs/confluent-schema-registry';
import { sleep, systemClock } from '../clock';
import { hasCode, SegueError } from '../errors';
import { AvroCodec } from './avro-codec';
import { compatibilityFaults } from './compatibility';
import { type RegistryAddress, toRegistryAddress } from './registry-address';
import { messageOf, registryFailure, statusOf } from './registry-failures';
import type { AvroSchema, Codec, Compatibility, SchemaRegistry } from './schema-registry';

export interface ConfluentRegistryOptions {
  /** Such as `http://127.0.0.1:8080/apis/ccompat/v7`; may carry the login. */
  readonly url: string;
  readonly clientId?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A request without any answer for so long has failed. */
  readonly requestMsMax?: number | undefined;
}

const REQUEST_MS_MAX = 10_000;
const TRIES = 5;
const RETRY_MS = 100;

/** Versions looked at to say what an incompatible schema breaks. */
const VERSIONS_MAX = 50;

/** Ids are signed 32-bit integers in Confluent's registry. */
const ID_MAX = 0x7fff_ffff;

/** Levels that promise at least what is wanted. */
const SUFFICIENT: Readonly<Record<Compatibility, readonly string[]>> = {
  BACKWARD: ['BACKWARD', 'BACKWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE'],
  FULL_TRANSITIVE: ['FULL_TRANSITIVE'],
};

export class ConfluentRegistry implements SchemaRegistry {
  readonly #client: Client;
  readonly #address: RegistryAddress;
  readonly #requestMsMax: number;

  /** Connects at the first use. Throws SETTING_INVALID where `url` is none. */
  constructor(options: ConfluentRegistryOptions) {
    const timeout = options.requestMsMax ?? REQUEST_MS_MAX;
    this.#requestMsMax = timeout;
    this.#address = toRegistryAddress(options);
    const { url, login } = this.#address;
    this.#client = new Client({
      host: url,
      ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
      ...(login ? { auth: login } : {}),
      // Without a time limit, the client waits for ever for a registry that accepts and never answers.
      middlewares: [() => ({ request: (request) => request.enhance({ timeout }) })],
    });
  }

  async codec<T>(
    subject: string,
    schema: AvroSchema,
    compatibility: Compatibility,
  ): Promise<Codec<T>> {
    const id = await this.#registerPatiently(subject, schema, compatibility);
    return new AvroCodec<T>(schema, id, (wanted) => this.schemaOf(wanted));
  }

  /**
   * Processes that start at the same time make the same subject and level, and a registry refuses all but one of
   * them. A refusal that the schemas do not explain is such a collision, so the next try finds all in place.
   */
  async #registerPatiently(
    subject: string,
    schema: AvroSchema,
    wanted: Compatibility,
  ): Promise<number> {
    for (let triesLeft = TRIES; ; triesLeft--) {
      try {
        return await this.#registerAtLevel(subject, schema, wanted);
      } catch (error) {
        const mayPass = hasCode(error, 'SCHEMA_INCOMPATIBLE') && error.retriable;
        if (!mayPass || triesLeft === 1) throw error;
        await sleep(systemClock, RETRY_MS);
      }
    }
  }

  async #registerAtLevel(
    subject: string,
    schema: AvroSchema,
    wanted: Compatibility,
  ): Promise<number> {
    try {
      return await this.#register(subject, schema, wanted);
    } catch (error) {
      const found = differentLevel(error);
      if (found === undefined) throw await this.#refusal(error, subject, schema, wanted);
      return await this.#registerDespite(found, subject, schema, wanted);
    }
  }

  async #registerDespite(
    found: string,
    subject: string,
    schema: AvroSchema,
    wanted: Compatibility,
  ): Promise<number> {
    if (found !== 'NONE' && !SUFFICIENT[wanted].includes(found)) {
      throw new SegueError(
        'SCHEMA_INCOMPATIBLE',
        `expected the subject ${subject} at ${this.#address.url} to be kept ${wanted}, it is ${found}; ` +
          'set it in the registry, or remove its own level there',
      );
    }
    try {
      if (found === 'NONE') await this.#setLevel(subject, wanted);
      return await this.#register(subject, schema, found === 'NONE' ? wanted : found);
    } catch (error) {
      throw await this.#refusal(error, subject, schema, wanted);
    }
  }

  async #register(subject: string, schema: AvroSchema, level: string): Promise<number> {
    const { id } = await this.#client.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
      { subject, compatibility: level as COMPATIBILITY },
    );
    return id;
  }

  /** The client has no call for it. */
  async #setLevel(subject: string, compatibility: Compatibility): Promise<void> {
    const { url, login } = this.#address;
    const basic = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
    const response = await fetch(`${url}/config/${encodeURIComponent(subject)}`, {
      method: 'PUT',
      headers: {
        'content-type': 'application/vnd.schemaregistry.v1+json',
        ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }),
      },
      body: JSON.stringify({ compatibility }),
      signal: AbortSignal.timeout(this.#requestMsMax),
    });
    if (response.ok) return;
    const message = `answer ${response.status} to setting ${subject} to ${compatibility}`;
    throw Object.assign(new Error(message), { status: response.status });
  }

  async #refusal(
    error: unknown,
    subject: string,
    schema: AvroSchema,
    wanted: Compatibility,
  ): Promise<SegueError> {
    const status = statusOf(error);
    if (status !== 409 && status !== 422) return registryFailure(this.#address.url, error);
    const faults = compatibilityFaults(schema, await this.#versions(subject), wanted);
    return new SegueError(
      'SCHEMA_INCOMPATIBLE',
      `expected a ${wanted} successor of the schemas of ${subject} at ${this.#address.url}, but ` +
        `${faults.join('; ') || 'the registry refuses it'} (its answer: ${messageOf(error)}). ` +
        'Give new fields a default, keep old ones, or use another subject.',
      { retriable: faults.length === 0 },
    );
  }

  /** Every version that can be read, oldest first; only for an explanation, so failures are passed over. */
  async #versions(subject: string): Promise<AvroSchema[]> {
    const schemas: AvroSchema[] = [];
    try {
      const latest = await this.#client.getLatestSchemaId(subject);
      for (let version = 1, id = 0; id !== latest && version <= VERSIONS_MAX; version++) {
        id = await this.#client.getRegistryId(subject, version);
        const schema = await this.schemaOf(id);
        if (schema) schemas.push(schema);
      }
    } catch {
      return schemas;
    }
    return schemas;
  }

  async schemaOf(id: number): Promise<AvroSchema | undefined> {
    // A registry may answer such an id by a failure, which would stop its reader instead of its record.
    if (id > ID_MAX) return undefined;
    try {
      const schema = await this.#client.getSchema(id);
      // Plain `schema()` drops the defaults and aliases.
      return 'schema' in schema && typeof schema.schema === 'function'
        ? (schema.schema({ exportAttrs: true }) as AvroSchema)
        : undefined;
    } catch (error) {
      if (statusOf(error) === 404 || isForeignSchema(error)) return undefined;
      throw registryFailure(this.#address.url, error);
    }
  }
}

/** The subject's level, where the client stopped because it is not the wanted one. */
function differentLevel(error: unknown): string | undefined {
  const { name, message } = error as Error;
  if (name !== 'ConfluentSchemaRegistryCompatibilityError') return undefined;
  return /!= (\w+)\)/.exec(message)?.[1];
}

/** The registry answered, with a schema that is no Avro: no record under it is ours. */
function isForeignSchema(error: unknown): boolean {
  return (error as Error).name === 'ConfluentSchemaRegistryArgumentError';
}
