/**
 * The routes of a Confluent-compatible registry that are used here, in this process, with Apicurio's
 * peculiarities: a subject without a level of its own is told as NONE and not checked at all, and the
 * same text has the same id under every subject. The real one takes 13 seconds to start.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compatibilityFaults } from '../../src/schema-registry/compatibility';
import type { AvroSchema, Compatibility } from '../../src/schema-registry/schema-registry';

interface Answer {
  readonly status: number;
  readonly body: object;
}

interface Subject {
  readonly ids: number[];
  level: string | undefined;
}

const COLLISION: Answer = {
  status: 409,
  body: { message: "A rule named 'COMPATIBILITY' already exists." },
};

export class StubRegistry {
  /** Texts by id − 1. */
  readonly texts: string[] = [];
  readonly requests: string[] = [];
  /** Expected in the authorization header, where anything is. */
  login: string | undefined;
  /** Given instead of every answer, where set; 'nothing' never answers. */
  instead: Answer | 'nothing' | undefined;
  /** So many further changes of a level are answered as Apicurio does to the slower of two that set the same. */
  collisions = 0;
  readonly #subjects = new Map<string, Subject>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<StubRegistry> {
    const stub = new StubRegistry();
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/apis/ccompat/v7`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As another tool would register it: no level is set. */
  post(subject: string, text: string): Answer {
    const known = this.#subjects.get(subject) ?? { ids: [], level: undefined };
    const earlier = known.ids.map((id) => JSON.parse(this.texts[id - 1]!) as AvroSchema);
    const level = known.level;
    if (level !== undefined && level !== 'NONE') {
      const faults = compatibilityFaults(JSON.parse(text), earlier, level as Compatibility);
      if (faults.length > 0) return { status: 409, body: { error_code: 409, message: 'refused' } };
    }
    this.#subjects.set(subject, known);
    if (!this.texts.includes(text)) this.texts.push(text);
    const id = this.texts.indexOf(text) + 1;
    if (!known.ids.includes(id)) known.ids.push(id);
    return { status: 200, body: { id } };
  }

  level(subject: string): string | undefined {
    return this.#subjects.get(subject)?.level;
  }

  setLevel(subject: string, level: string): Answer {
    const known = this.#subjects.get(subject) ?? { ids: [], level: undefined };
    known.level = level;
    this.#subjects.set(subject, known);
    return { status: 200, body: { compatibility: level } };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests.push(`${request.method} ${request.url}`);
    if (this.instead === 'nothing') return;
    const { status, body } = this.instead ?? this.#route(request, Buffer.concat(chunks).toString());
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  #route(request: IncomingMessage, body: string): Answer {
    if (this.login !== undefined) {
      const expected = `Basic ${Buffer.from(this.login).toString('base64')}`;
      if (request.headers.authorization !== expected) return { status: 401, body: {} };
    }
    const [, , , kind = '', name = '', , version] = request
      .url!.slice(1)
      .split('/')
      .map(decodeURIComponent);
    const sent = body === '' ? {} : (JSON.parse(body) as Record<string, string>);
    const route = `${request.method} ${kind}`;
    if (route === 'GET schemas') return this.#schema(Number(request.url!.split('/').pop()));
    if (route === 'PUT config') {
      const set = this.setLevel(name, sent['compatibility']!);
      if (this.collisions === 0) return set;
      this.collisions -= 1;
      return COLLISION;
    }
    if (route === 'POST subjects') return this.post(name, sent['schema']!);
    const known = this.#subjects.get(name);
    if (!known) return { status: 404, body: { error_code: 40401, message: 'no such subject' } };
    if (route === 'GET config')
      return { status: 200, body: { compatibilityLevel: known.level ?? 'NONE' } };
    const id = version === 'latest' ? known.ids.at(-1) : known.ids[Number(version) - 1];
    return id === undefined ? { status: 404, body: {} } : { status: 200, body: { id } };
  }

  #schema(id: number): Answer {
    const schema = this.texts[id - 1];
    if (schema === undefined) return { status: 404, body: { error_code: 40403 } };
    const schemaType = schema.includes('"properties"') ? { schemaType: 'JSON' } : {};
    return { status: 200, body: { schema, ...schemaType } };
  }
}
