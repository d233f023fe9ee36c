import {
  acquisition,
  type Believer,
  believe,
  believeMore,
  type ModelStrategy,
  thompsonUtility,
} from './choose.ts';
import { ExplorerError, isRecord, requireThat, shown } from './errors.ts';
import { encodeDesigns } from './features.ts';
import { assertGoal, assertObservations, type Goal, type Observation } from './goal.ts';
import { createRandom, deriveSeed } from './random.ts';
import { drawDesign, perturb } from './sample-space.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { assertDesign, assertSpace, type Design, designKey, keepsConstraints, type Space } from './space.ts';
import { farthestFirst, type StartDesign, startDesigns } from './starts.ts';
import { fitObservations, type Member, type Surrogate } from './surrogate.ts';

/** `adaptive` takes the upper confidence bound one at a time, and log expected improvement for several at once. */
export type Strategy = 'adaptive' | ModelStrategy | 'random';

export type SuggestRequest = {
  space: Space;
  goal: Goal;
  observations: readonly Observation[];
  /** The designs that may be chosen; without it any design of the space. Repeats and tried designs are passed over. */
  candidates?: readonly Design[];
  /** Experiments under way, whose results are not known yet. */
  pending?: readonly Design[];
  /** How many designs to suggest; 1 unless told. */
  count?: number;
  seed: number | string;
  strategy?: Strategy;
  /** Experiments before the model takes over. The same seed gives every strategy the same ones. */
  starts?: number;
  startDesign?: StartDesign;
};

export type Suggestion = {
  /** Fewer than asked for only when no other candidate is left. */
  designs: Design[];
  /** How they came about; `spread` when nothing usable was measured yet: far from everything tried. */
  origin: 'start' | 'model' | 'random' | 'spread';
};

const STRATEGIES: readonly Strategy[] = [
  'adaptive',
  'log-expected-improvement',
  'upper-confidence-bound',
  'thompson-sampling',
  'random',
];

/** Spaces with at most so many designs are listed, so that none is suggested twice. */
const LISTABLE = 4000;

/** Candidates that the whole mixture judges when judging all takes too long; its weightiest member chooses them. */
const SHORTLIST = 250;

/** Multiplications that are not too long. */
const AFFORDABLE = 2e7;

/**
 * The next designs to try. A pure function of its argument: the same request gives the same answer, to the bit, on
 * one version of the engine. Throws an ExplorerError that names the field when the request is not usable.
 */
export function suggest(request: SuggestRequest): Suggestion {
  return suggestWith(request, defaultSettings);
}

/** As `suggest`, with other settings than the default ones. */
export function suggestWith(request: SuggestRequest, settings: Settings): Suggestion {
  assertRequest(request);
  const { space, goal, observations, pending = [], count = 1 } = request;
  const seed = deriveSeed(request.seed);
  const tried = [...observations.map(({ design }) => design), ...pending];
  const triedKeys = new Set(tried.map((design) => designKey(space, design)));
  const allowed = allowedDesigns(request);
  const pool = allowed && [...allowed.values()];
  const free = allowed && [...allowed].flatMap(([key, design]) => (triedKeys.has(key) ? [] : [design]));
  const strategy = request.strategy ?? settings.strategy;
  const starts = request.starts ?? settings.starts;

  if (tried.length < starts) {
    const kind = request.startDesign ?? settings.startDesign;
    const planned = startDesigns(
      space,
      pool,
      tried.length + count,
      kind,
      createRandom(deriveSeed(seed, 'starts')),
    );
    const fresh = planned.filter((design) => !triedKeys.has(designKey(space, design))).slice(0, count);
    if (fresh.length === count || free === undefined || free.length <= fresh.length)
      return { designs: fresh, origin: 'start' };
  }
  const turn = deriveSeed(seed, 'turn', tried.length);
  if (strategy === 'random') {
    const random = createRandom(deriveSeed(turn, 'random'));
    const designs = free
      ? random.shuffle(free).slice(0, count)
      : Array.from({ length: count }, () => drawDesign(space, random));
    return { designs, origin: 'random' };
  }
  if (observations.every(({ status }) => status === 'failed')) {
    const among = free ?? drawMany(space, 500, turn);
    return { designs: farthestFirst(space, tried, among, count), origin: 'spread' };
  }
  const surrogate = fitObservations(space, goal, observations, turn, settings);
  let believer = believe(surrogate);
  const rowOf = (design: Design): Float64Array => encodeDesigns(space, [design]);
  for (const design of pending) believer = believeMore(believer, rowOf(design));
  const chosen: Design[] = [];
  let list = free;
  for (let k = 0; k < count; k++) {
    const context = {
      space,
      strategy: strategyOf(strategy, count + pending.length),
      settings,
      seed: deriveSeed(turn, k),
    };
    if (k === 0 && list) list = shortlist(shuffled(space, list, turn), SHORTLIST + count, believer, context);
    const next = list
      ? pickFrom(list, believer, context)
      : search(observations, surrogate, believer, context);
    if (next === undefined) break;
    chosen.push(next);
    list = list?.filter((design) => design !== next);
    if (k + 1 < count) believer = believeMore(believer, rowOf(next));
  }
  return { designs: chosen, origin: 'model' };
}

function assertRequest(request: SuggestRequest): void {
  requireThat(isRecord(request), 'request', 'must be an object');
  const { space, goal, observations, candidates, pending, count, seed, strategy, starts, startDesign } =
    request;
  assertSpace(space);
  assertGoal(goal);
  assertObservations(space, observations);
  for (const [field, designs] of [
    ['candidates', candidates],
    ['pending', pending],
  ] as const) {
    if (designs === undefined) continue;
    requireThat(Array.isArray(designs), field, 'must be an array of designs');
    designs.forEach((design, i) => {
      assertDesign(space, design, `${field}[${i}]`);
    });
  }
  if (count !== undefined)
    requireThat(
      Number.isInteger(count) && count >= 1 && count <= 1000,
      'count',
      `must be an integer from 1 to 1000, got ${shown(count)}`,
    );
  if (starts !== undefined)
    requireThat(
      Number.isInteger(starts) && starts >= 0,
      'starts',
      `must be an integer of at least 0, got ${shown(starts)}`,
    );
  if (strategy !== undefined && !STRATEGIES.includes(strategy))
    throw new ExplorerError('strategy', `must be one of ${STRATEGIES.join(', ')}, got ${shown(strategy)}`);
  requireThat(
    startDesign === undefined || startDesign === 'random' || startDesign === 'space-filling',
    'startDesign',
    `must be random or space-filling, got ${shown(startDesign)}`,
  );
  requireThat(
    typeof seed === 'string' || (typeof seed === 'number' && Number.isFinite(seed)),
    'seed',
    `must be a finite number or a string, got ${shown(seed)}`,
  );
}

/** The different designs that may be chosen, when they can be listed. */
function allowedDesigns({ space, candidates }: SuggestRequest): Map<string, Design> | undefined {
  const listed = candidates ?? listDesigns(space);
  if (listed === undefined) return undefined;
  const byKey = new Map<string, Design>();
  for (const design of listed) {
    const key = designKey(space, design);
    if (!byKey.has(key) && keepsConstraints(space, design)) byKey.set(key, design);
  }
  return byKey;
}

function listDesigns(space: Space): Design[] | undefined {
  let designs: Design[] = [{}];
  for (const parameter of space.parameters) {
    if (parameter.kind === 'continuous' || parameter.kind === 'fraction') return undefined;
    const size = parameter.kind === 'integer' ? parameter.max - parameter.min + 1 : parameter.choices.length;
    if (designs.length * size > LISTABLE) return undefined;
    const values =
      parameter.kind === 'integer'
        ? Array.from({ length: size }, (_, i) => parameter.min + i)
        : parameter.choices;
    designs = designs.flatMap((design) => values.map((value) => ({ ...design, [parameter.name]: value })));
  }
  return designs;
}

function drawMany(space: Space, count: number, seed: string): Design[] {
  const random = createRandom(deriveSeed(seed, 'candidates'));
  return Array.from({ length: count }, () => drawDesign(space, random));
}

/** What 'adaptive' does when so many experiments are or will be under way at once. */
function strategyOf(strategy: Exclude<Strategy, 'random'>, together: number): ModelStrategy {
  if (strategy !== 'adaptive') return strategy;
  return together === 1 ? 'upper-confidence-bound' : 'log-expected-improvement';
}

type Context = { space: Space; strategy: ModelStrategy; settings: Settings; seed: string };

/** Indices of the greatest values, greatest first; earlier ones among equals. */
function greatest(values: Float64Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, count);
}

/**
 * An order that depends on the seed and on which designs there are, not on how they were listed: of designs that are
 * equally good, as categories that were never tried are, none is favoured by its place.
 */
function shuffled(space: Space, designs: readonly Design[], seed: string): Design[] {
  const keyed = designs.map((design) => ({ key: designKey(space, design), design }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const random = createRandom(deriveSeed(seed, 'order'));
  return random.shuffle(keyed).map(({ design }) => design);
}

/** The designs that the weightiest member of the mixture holds most of. */
function shortlist(
  designs: readonly Design[],
  size: number,
  believer: Believer,
  { space, strategy, settings }: Context,
): Design[] {
  const rows = believer.surrogate.members[0]!.process.values.length;
  const work = 0.5 * designs.length * rows * rows * believer.members.length;
  if (designs.length <= size || (strategy !== 'thompson-sampling' && work <= AFFORDABLE)) return [...designs];
  const screen: ModelStrategy = strategy === 'thompson-sampling' ? 'upper-confidence-bound' : strategy;
  const values = acquisition(believer, screen, encodeDesigns(space, designs), [leaderOf(believer)], settings);
  return greatest(values, size).map((i) => designs[i]!);
}

function leaderOf({ members }: Believer): Member {
  return members.reduce((most, member) => (member.weight > most.weight ? member : most));
}

function pickFrom(designs: readonly Design[], believer: Believer, context: Context): Design | undefined {
  if (designs.length === 0) return undefined;
  const { space, strategy, settings, seed } = context;
  const rows = encodeDesigns(space, designs);
  const values =
    strategy === 'thompson-sampling'
      ? thompsonUtility(believer, rows, seed)
      : acquisition(believer, strategy, rows, believer.members, settings);
  return designs[greatest(values, 1)[0]!];
}

/** Rounds of refinement of a search, with the size of their steps relative to the ranges. */
const REFINEMENTS = [0.1, 0.03, 0.01, 0.003];

/** Searches a space that cannot be listed: designs drawn at random and near good ones, then refined. */
function search(
  observations: readonly Observation[],
  surrogate: Surrogate,
  believer: Believer,
  context: Context,
): Design | undefined {
  const { space, strategy, settings, seed } = context;
  const random = createRandom(deriveSeed(seed, 'search'));
  const screen: ModelStrategy = strategy === 'thompson-sampling' ? 'upper-confidence-bound' : strategy;
  const leader = leaderOf(believer);
  const value = (designs: readonly Design[]): Float64Array =>
    acquisition(believer, screen, encodeDesigns(space, designs), [leader], settings);
  const near = (centre: Design, size: number): Design[] => {
    const fresh = perturb(space, centre, size, random);
    return keepsConstraints(space, fresh) ? [fresh] : [];
  };
  const known = observations.filter(({ status }) => status !== 'failed');
  const tried = acquisition(believer, 'upper-confidence-bound', surrogate.rows, [leader], {
    ...settings,
    bandwidth: 0,
  });
  let designs = drawMany(space, 600, seed);
  for (const i of greatest(tried, 5)) {
    const centre = known[i]!.design;
    for (let k = 0; k < 40; k++) designs.push(...near(centre, 0.2 * random.uniform()));
  }
  for (const size of REFINEMENTS) {
    const leading = greatest(value(designs), 10).map((i) => designs[i]!);
    designs = [...leading];
    for (const centre of leading) for (let k = 0; k < 25; k++) designs.push(...near(centre, size));
  }
  return pickFrom(designs, believer, context);
}
