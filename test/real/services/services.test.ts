import { Kafka, logLevel } from 'kafkajs';

const named = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set`);
  return value;
};

describe('the real services', () => {
  it('give a broker that lists topics', async () => {
    const brokers = named('SEGUE_TEST_BROKERS').split(',');
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      await expect(admin.listTopics()).resolves.toEqual(expect.any(Array));
    } finally {
      await admin.disconnect();
    }
  });

  it('give a registry that lists subjects', async () => {
    const answer = await fetch(`${named('SEGUE_TEST_REGISTRY')}/subjects`);
    expect(answer.status).toBe(200);
    await expect(answer.json()).resolves.toEqual(expect.any(Array));
  });
});
