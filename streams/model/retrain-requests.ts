/** Requests that nobody has answered yet. A request is answered by a manifest that names its offset, or a later one. */
import type { RetrainRequest } from '../../schemas/records';
import type { ModelDirectory } from './load-model';

export interface OpenRequest {
  readonly offset: number;
  readonly request: RetrainRequest;
}

/** Older ones are answered, or nobody waits for them any more. */
const KEPT = 100;

export class RetrainRequests {
  #requests: OpenRequest[] = [];

  add(offset: number, request: RetrainRequest): void {
    this.#requests = [...this.#requests, { offset, request }].slice(-KEPT);
  }

  /** The newest open request stands for all open ones: several that came meanwhile are one. */
  open(directory: ModelDirectory): OpenRequest | undefined {
    const answered = Math.max(
      -1,
      ...directory.manifests.map(({ request_offset }) => request_offset),
    );
    return this.#requests.filter(({ offset }) => offset > answered).at(-1);
  }
}
