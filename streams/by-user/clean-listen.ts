import type { Listen, ListenKind } from '../../schemas/records';
import type { InputRecord, ProcessorDefinition } from '../../src/engine/processor';
export interface AcceptedListen {
  readonly user: string;
  readonly kind: ListenKind;
  readonly trackId: string;
  readonly listenedAt: number;
  readonly artistName: string;
  readonly trackName: string;
  readonly releaseName: string;
  readonly producedAtMs: number;
}
export function cleanListens(): ProcessorDefinition<InputRecord<Listen>, AcceptedListen> {
  return {
    name: 'clean-listen',
    build: (context) => ({
      process: ({ key, value, timestampMs }) => {
        const trackId = value.recording_mbid ?? value.recording_msid;
        if (key === null || trackId === null || value.listened_at === null) {
          context.deadLetter('MISSING', 'x');
          return;
        }
        context.forward({
          user: key.toString('utf8'),
          kind: value.kind,
          trackId,
          listenedAt: value.listened_at,
          artistName: value.artist_name ?? '',
          trackName: value.track_name ?? '',
          releaseName: '',
          producedAtMs: timestampMs,
        });
      },
    }),
  };
}
