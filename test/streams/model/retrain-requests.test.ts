import type { RetrainRequest } from '../../../schemas/records';
import { ModelDirectory } from '../../../streams/model/load-model';
import { RetrainRequests } from '../../../streams/model/retrain-requests';
import { manifest } from '../../support/stream-samples';

const request = (detail: string): RetrainRequest => ({
  reason: 'person',
  detail,
  requested_at: 0,
  trainer: 'worker-threads',
  settings: {},
  positions: [],
});

describe('open retrain requests', () => {
  it('are those behind the last answer, whatever the answer was; the newest stands for all', () => {
    const requests = new RetrainRequests();
    const directory = new ModelDirectory();
    expect(requests.open(directory)).toBeUndefined();
    requests.add(3, request('a'));
    requests.add(8, request('b'));
    expect(requests.open(directory)).toMatchObject({ offset: 8, request: { detail: 'b' } });
    directory.apply('1', manifest(1, { request_offset: 3 }));
    expect(requests.open(directory)).toMatchObject({ offset: 8 });
    directory.apply('2', manifest(2, { request_offset: 8, state: 'FAILED' }));
    expect(requests.open(directory)).toBeUndefined();
  });

  it('do not pile up', () => {
    const requests = new RetrainRequests();
    for (let offset = 0; offset < 1000; offset++) requests.add(offset, request(String(offset)));
    expect(requests.open(new ModelDirectory())).toMatchObject({ offset: 999 });
  });
});
