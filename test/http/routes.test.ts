import { answer, PATH_LENGTH_MAX, type Queries, USER_LENGTH_MAX } from '../../src/http/routes';

const queries: Queries = {
  ready: () => ({ ready: true, reasons: [] }),
  recommendations: async (user) => ({
    from: 'here',
    list: user === 'nobody' ? undefined : { user },
  }),
  metrics: async () => 'segue_users 1\n',
};

const get = (url: string, over: Partial<Queries> = {}) =>
  answer({ method: 'GET', url }, { ...queries, ...over });

describe('answer', () => {
  it('gives the metrics in the Prometheus text format', async () => {
    expect(await get('/metrics')).toMatchObject({
      route: 'metrics',
      status: 200,
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: 'segue_users 1\n',
    });
  });

  it('is live whatever else is wrong', async () => {
    const over = { ready: () => ({ ready: false, reasons: ['restoring slot 2'] }) };
    expect((await get('/health/live', over)).status).toBe(200);
    expect(await get('/health/ready', over)).toMatchObject({
      status: 503,
      body: '{"ready":false,"reasons":["restoring slot 2"]}\n',
    });
  });

  it('is ready when the process says so', async () => {
    expect(await get('/health/ready')).toMatchObject({ status: 200, route: 'ready' });
  });

  it.each([
    ['/recommendations/alice', 'alice'],
    ['/recommendations/alice?pretty', 'alice'],
    ['/recommendations/a%2Fb%20c', 'a/b c'],
    ['/recommendations/%E4%BA%BA', '人'],
    ['/recommendations/..', '..'],
    ['/recommendations/__proto__', '__proto__'],
  ])('decodes the user of %s', async (url, user) => {
    const { status, body } = await get(url);
    expect([status, JSON.parse(body)]).toEqual([200, { user }]);
  });

  it('says clearly that a user has no list', async () => {
    const { status, body } = await get('/recommendations/nobody');
    expect(status).toBe(404);
    expect(JSON.parse(body)).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: 'User "nobody" has no list: not seen yet, or not yet refreshed.',
      },
    });
  });

  it('says who answered, and asks for patience where nobody owns the user right now', async () => {
    const asked: (readonly [string, boolean])[] = [];
    const over: Partial<Queries> = {
      recommendations: async (user, onlyHere) => {
        asked.push([user, onlyHere]);
        return onlyHere ? { from: 'nobody' } : { from: 'owner', list: { user } };
      },
    };
    expect(await get('/recommendations/alice', over)).toMatchObject({
      status: 200,
      headers: { 'x-segue-answered-from': 'owner' },
    });
    expect(await get('/recommendations/alice?here', over)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
    expect(asked).toEqual([
      ['alice', false],
      ['alice', true],
    ]);
  });

  it.each([
    '/recommendations/',
    '/recommendations/a/b',
    '/recommendations/%ZZ',
    '/recommendations/%FF',
    '/recommendations/a%00b',
    `/recommendations/${'a'.repeat(USER_LENGTH_MAX + 1)}`,
  ])('refuses %s as no user id', async (url) => {
    const { status, body } = await get(url);
    expect([status, JSON.parse(body).error.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it.each(['/', '/metrics/', '/Metrics', '/recommendations', '/health', '//metrics'])(
    'knows no %s',
    async (url) => {
      expect((await get(url)).status).toBe(404);
    },
  );

  it('knows no lists where the process has nothing to do with users', async () => {
    const { ready, metrics } = queries;
    const found = await answer(
      { method: 'GET', url: '/recommendations/alice' },
      { ready, metrics },
    );
    expect(found.status).toBe(404);
  });

  it('refuses a path that is too long', async () => {
    expect((await get(`/${'a'.repeat(PATH_LENGTH_MAX)}`)).status).toBe(414);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    'refuses %s and says what it takes',
    async (method) => {
      const refused = await answer({ method, url: '/metrics' }, queries);
      expect(refused).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    },
  );

  it('lets a failing query fail', async () => {
    const failing = async () => Promise.reject(new Error('store closed'));
    await expect(get('/metrics', { metrics: failing })).rejects.toThrow('store closed');
  });
});
