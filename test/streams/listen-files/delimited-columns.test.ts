import { parseColumns } from '../../../streams/listen-files/delimited-listens';

describe('parseColumns', () => {
  it('reads roles and columns', () => {
    expect(parseColumns('user=user_id, time=ts,track=song id')).toEqual({
      user: 'user_id',
      time: 'ts',
      track: 'song id',
    });
  });

  it.each(['', 'user', 'user=', '=x', 'singer=x', 'user=a,,'])('refuses %j', (text) => {
    expect(() => parseColumns(text)).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }));
  });
});
