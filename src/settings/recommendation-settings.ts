/** What counts and what is recommended. */
import { bytes, choice, duration, integer, share } from './setting-kinds';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const RECOMMENDATION_SETTINGS = {
  'history-entries-max': integer({
    default: 256,
    min: 1,
    max: 100_000,
    help: 'Listen times in one record of a history; older ones go to chunks of the same size.',
  }),
  'filter-rule': choice({
    values: ['smaller-of', 'share', 'min-listeners'],
    default: 'smaller-of',
    help: 'Which tracks are in: the top-share, those with listeners-min, or the lower threshold of the two.',
  }),
  'top-share': share({
    default: 0.03,
    help: 'Share of tracks, by unique listeners, that are in.',
  }),
  'listeners-min': integer({
    default: 20,
    min: 1,
    max: 1_000_000_000,
    help: 'Unique listeners with which a track is in.',
  }),
  'tracks-min': integer({
    default: 10,
    min: 1,
    max: 1_000_000,
    help: 'Tracks with factors that a user needs for a list of their own; others get the popular list.',
  }),
  'list-length': integer({ default: 100, min: 1, max: 1000, help: 'Tracks of a list.' }),
  'per-artist-max': integer({
    default: 2,
    min: 0,
    max: 1000,
    help: 'Tracks of one artist in each per-artist-window places; 0: no bound.',
  }),
  'per-artist-window': integer({
    default: 20,
    min: 1,
    max: 1000,
    help: 'Places of a list over which per-artist-max holds.',
  }),
  'popular-depth': integer({
    default: 500,
    min: 1,
    max: 100_000,
    help: 'Tracks of the popular list that are kept, so that enough remain when heard ones are left out.',
  }),
  'popular-interval-ms': duration({
    default: 5000,
    min: 100,
    max: HOUR,
    help: 'How often each slot publishes its most popular tracks when they changed.',
  }),
  'popular-refresh-ms': duration({
    default: MINUTE,
    min: 100,
    max: HOUR,
    help: 'How often users with a popular list are given the changed one without listening themselves.',
  }),
  'filter-interval-ms': duration({
    default: 1000,
    min: 100,
    max: HOUR,
    help: 'How often threshold, totals and tables are published while they change.',
  }),
  'new-track-listeners-max': integer({
    default: 100,
    min: 0,
    max: 10_000,
    help: 'Listeners kept of a track without factors, from whom it gets some between retrains; 0: it waits for the next one.',
  }),
  'profile-cache-bytes': bytes({
    default: 48 * 2 ** 20,
    min: 0,
    max: 2 ** 40,
    help: "Memory for users' decoded histories, all slots of a process together.",
  }),
  'refresh-budget-ms': duration({
    default: 50,
    min: 1,
    max: MINUTE,
    help: 'Time of a step for refreshing users; who does not fit is next.',
  }),
  'catch-up-lag-records': integer({
    default: 20_000,
    min: 0,
    max: 1_000_000_000,
    help: 'A slot that is further behind only counts, and refreshes users when it has caught up.',
  }),
} as const;
