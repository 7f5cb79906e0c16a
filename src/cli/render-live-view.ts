/** The live view of a running system as plain lines: pure, so that it is tested as text. */
import { cleanText, cutText, displayWidth, fitText } from './display-text';

export interface LiveViewState {
  readonly runningSeconds: number;
  /** Where HTTP answers; shown so that people find the metrics. */
  readonly url: string | undefined;
  readonly listens: LiveListens;
  readonly catalogue: LiveCatalogue | undefined;
  /** undefined: no model yet. */
  readonly model: LiveModel | undefined;
  /** What goes on about models right now, such as "retraining (growth)". */
  readonly modelActivity: string | undefined;
  /** Of the last minute; undefined: no list was published in it. */
  readonly freshness: { readonly p50Seconds: number; readonly p99Seconds: number } | undefined;
  /** undefined: no trial yet. */
  readonly hitRate: LiveHitRate | undefined;
  readonly watched: WatchedListener | undefined;
}

export interface LiveListens {
  readonly total: number;
  readonly perSecond: number;
  readonly lag: number;
  readonly refreshesWaiting: number;
}

export interface LiveCatalogue {
  readonly users: number;
  readonly tracks: number;
  readonly tracksIn: number;
  /** Unique listeners that a track needs. */
  readonly threshold: number;
}

export interface LiveModel {
  readonly generation: number;
  readonly ageSeconds: number | undefined;
}

export interface LiveHitRate {
  /** Among the first so many of a list. */
  readonly depth: number;
  readonly trials: number;
  /** Shares of the same trials. */
  readonly personal: number;
  readonly popular: number;
}

export interface WatchedListener {
  readonly user: string;
  /** Such as "personal" or "popular". */
  readonly kind: string;
  readonly generation: number | undefined;
  readonly changedSecondsAgo: number;
  readonly newestListen: string | undefined;
  readonly tracks: readonly WatchedTrack[];
}

export interface WatchedTrack {
  readonly artist: string;
  readonly title: string;
  /** Its rank in the list before, from 1; undefined: it was not in it. */
  readonly rankBefore: number | undefined;
}

const WIDTH_MIN = 30;
const LABEL_WIDTH = 12;
const BAR_WIDTH_MAX = 24;
const TRACKS_SHOWN_MAX = 8;
/** A hit rate that fills the whole bar, at least. */
const BAR_FULL_MIN = 0.05;

/** The whole view, each line at most `width` columns (at least 30). */
export function renderLiveView(state: LiveViewState, width: number): readonly string[] {
  const columns = Math.max(WIDTH_MIN, width);
  const lines = [
    headline(state, columns),
    labelled('listens', listensText(state.listens)),
    labelled('tracks', catalogueText(state.catalogue)),
    labelled('model', modelText(state)),
    labelled('freshness', freshnessText(state)),
    ...hitRateLines(state.hitRate, columns),
    '',
    ...watchedLines(state.watched, columns),
  ];
  return lines.map((line) => cutText(line, columns).trimEnd());
}

/** The same in one line, for a file or a pipe. */
export function renderLiveLine(state: LiveViewState): string {
  const { listens, catalogue, watched, hitRate } = state;
  const parts = [
    `${durationText(state.runningSeconds)}: ${numberText(listens.total)} listens`,
    `${numberText(listens.perSecond)}/s`,
    ...(catalogue ? [`${numberText(catalogue.tracksIn)} tracks in`] : []),
    modelText(state),
    `freshness ${freshnessText(state)}`,
    ...(hitRate
      ? [
          `hits@${hitRate.depth} ${percentText(hitRate.personal)} personal, ${percentText(hitRate.popular)} popular`,
        ]
      : []),
    ...(watched?.tracks[0] ? [`${watched.user}: ${nameOf(watched.tracks[0])}`] : []),
  ];
  return cleanText(parts.join(' · '));
}

function headline({ runningSeconds, url }: LiveViewState, width: number): string {
  const left = `Segue · running ${durationText(runningSeconds)}`;
  if (url === undefined) return left;
  const gap = width - displayWidth(left) - displayWidth(url);
  return gap < 2 ? left : left + ' '.repeat(gap) + url;
}

function labelled(label: string, text: string): string {
  return label.padEnd(LABEL_WIDTH) + text;
}

function listensText({ total, perSecond, lag, refreshesWaiting }: LiveListens): string {
  const parts = [`${numberText(total)}`, `${numberText(perSecond)}/s`];
  if (lag > 0) parts.push(`${numberText(lag)} behind`);
  if (refreshesWaiting > 0) parts.push(`${numberText(refreshesWaiting)} lists waiting`);
  return parts.join(' · ');
}

function catalogueText(catalogue: LiveCatalogue | undefined): string {
  if (catalogue === undefined) return '–';
  const { users, tracks, tracksIn, threshold } = catalogue;
  return (
    `${numberText(tracksIn)} in of ${numberText(tracks)} ` +
    `(${numberText(threshold)} or more listeners) · ${numberText(users)} users`
  );
}

function modelText({ model, modelActivity }: LiveViewState): string {
  const age = model?.ageSeconds;
  const parts = [model === undefined ? 'no model yet' : `generation ${model.generation}`];
  if (age !== undefined) parts.push(`${durationText(age)} old`);
  if (modelActivity !== undefined) parts.push(modelActivity);
  return parts.join(', ');
}

function freshnessText({ freshness }: LiveViewState): string {
  if (freshness === undefined) return '–';
  return `p50 ${secondsText(freshness.p50Seconds)}, p99 ${secondsText(freshness.p99Seconds)}`;
}

function hitRateLines(hitRate: LiveHitRate | undefined, width: number): readonly string[] {
  if (hitRate === undefined) return [labelled('hit rate', '–')];
  const { depth, trials, personal, popular } = hitRate;
  const full = Math.max(BAR_FULL_MIN, personal, popular);
  const barWidth = Math.max(0, Math.min(BAR_WIDTH_MAX, width - LABEL_WIDTH - 20));
  const row = (name: string, rate: number): string =>
    `${name.padEnd(9)}${percentText(rate).padStart(7)}  ${bar(rate / full, barWidth)}`;
  return [
    labelled(`hit rate@${depth}`, row('personal', personal)),
    labelled('', `${row('popular', popular)}  ${numberText(trials)} trials`),
  ];
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `share` of `width` columns, in eighths of a column; always `width` wide. */
function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return ('█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] as string)).padEnd(width);
}

function watchedLines(watched: WatchedListener | undefined, width: number): readonly string[] {
  if (watched === undefined) return ['no list yet'];
  const { user, kind, generation, changedSecondsAgo, newestListen, tracks } = watched;
  const from = generation === undefined ? kind : `${kind}, generation ${generation}`;
  const changed = `changed ${durationText(changedSecondsAgo)} ago`;
  const heard = newestListen === undefined ? [] : [cleanText(`    just heard ${newestListen}`)];
  return [
    cleanText(`list of ${user} (${from}, ${changed})`),
    ...heard,
    ...tracks.slice(0, TRACKS_SHOWN_MAX).map((track, index) => trackLine(track, index + 1, width)),
  ];
}

function trackLine(track: WatchedTrack, rank: number, width: number): string {
  const move = moveText(track.rankBefore, rank);
  return `${String(rank).padStart(3)} ${fitText(move, 4)} ${cutText(nameOf(track), width - 9)}`;
}

function moveText(before: number | undefined, rank: number): string {
  if (before === undefined) return 'new';
  if (before === rank) return '';
  return before > rank ? `↑${before - rank}` : `↓${rank - before}`;
}

function nameOf({ artist, title }: WatchedTrack): string {
  return cleanText(`${artist} – ${title}`);
}

/** 12,345; with one decimal below 10. */
export function numberText(value: number): string {
  const isSmall = Math.abs(value) < 10 && !Number.isInteger(value);
  return value.toLocaleString('en-US', { maximumFractionDigits: isSmall ? 1 : 0 });
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** 84 ms, 1.2 s. */
export function secondsText(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** 5 s, 1:23 min, 2:03 h, 3 d. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}
