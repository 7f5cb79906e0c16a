/** A simulated listen as the value of a record on the topic `listens`, and its deletion. */
import type { Listen, ListenKind } from '../../schemas/records';
import type { SimulatedListen } from './simulated-listeners';

export function toListenValue(
  { listenedAt, track }: SimulatedListen,
  kind: ListenKind = 'LISTEN',
): Listen {
  return {
    kind,
    listened_at: listenedAt,
    recording_mbid: track.recordingMbid,
    recording_msid: track.recordingMsid,
    artist_name: track.artistName,
    track_name: track.trackName,
    release_name: track.releaseName,
  };
}
