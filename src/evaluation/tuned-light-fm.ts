/**
 * The settings that LightFM runs with under each protocol: the study's own, and ones found on the protocols' validation
 * parts by small searches.
 */
import type { LightFmOptions } from '../lightfm/light-fm-options';
import type { ProtocolName } from './protocols';

export interface LightFmSettings {
  readonly options: Partial<LightFmOptions>;
  readonly epochs: number;
}

/** k-OS WARP with the library's defaults for ten epochs. */
const STUDY: LightFmSettings = { options: { loss: 'warp-kos' }, epochs: 10 };

export const LIGHT_FM_SETTINGS: Readonly<
  Record<ProtocolName, Readonly<Record<string, LightFmSettings>>>
> = {
  '30music-pairs': {
    study: STUDY,
    'warp-64': tuned({ loss: 'warp', learningRate: 0.03, maxSampled: 300, alpha: 1e-4 }, 50),
    'kos-64': tuned({ loss: 'warp-kos', learningRate: 0.02, maxSampled: 100, alpha: 0 }, 40),
  },
  '30music-time': {
    study: STUDY,
    'warp-64': tuned({ loss: 'warp', learningRate: 0.02, maxSampled: 100, alpha: 3e-5 }, 30),
    'kos-64': tuned({ loss: 'warp-kos', learningRate: 0.02, maxSampled: 30, alpha: 0 }, 35),
  },
  gowalla: { study: STUDY },
};

function tuned(
  { alpha, ...options }: Partial<LightFmOptions> & { readonly alpha: number },
  epochs: number,
): LightFmSettings {
  return { options: { ...options, noComponents: 64, itemAlpha: alpha, userAlpha: alpha }, epochs };
}
