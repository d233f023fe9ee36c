import { type Action, type Label, type Role, roles } from '@genesis/contracts';
import { type DecisionRequest, decide, type Rule, standardRules, unrestricted } from '../src/policy/index.ts';

/*
 * Decisions per second, without any memory between requests: 50 role bindings, 20 categories on the clearance and
 * up to 20 on the label, 30 rules (the standard ones and site rules up to that number), a pool of different
 * requests of which about half are denied.
 */

const bindings = 50;
const categoryCount = 20;
const ruleCount = 30;
/** Decisions a second that the platform promises. */
const promised = 100_000;

const categories = Array.from({ length: categoryCount }, (_, i) => `family:c${String(i).padStart(2, '0')}`);

/** What an operator may add: data of one category stays within a list of acts, outside of which it is forbidden. */
const siteRule = (index: number): Rule => {
  const category = categories[index % categoryCount] ?? '';
  const closed: readonly Action[] = ['dataset.export', 'campaign.export'];
  return {
    name: `site-${index}`,
    says: `What carries ${category} is not exported.`,
    judge: ({ action, resource }) =>
      resource.label.categories.includes(category) && closed.includes(action)
        ? { effect: 'forbid', reason: `${category} stays here`, needed: ['ask the operator'] }
        : { effect: 'silent' },
  };
};

function requestOf(index: number): DecisionRequest {
  const clearance: Label = { level: 'classified', categories: [...categories] };
  const readable = index % 2 === 0;
  const label: Label = {
    level: 'controlled',
    categories: readable ? [...categories] : [...categories.slice(index % categoryCount), 'zz'],
  };
  const acts: readonly Action[] = ['dataset.read', 'run.submit', 'campaign.propose', 'model.create'];
  const action = acts[Math.floor(index / 2) % acts.length] ?? 'dataset.read';
  return {
    principal: {
      id: `prn_${index}`,
      kind: 'person',
      organisation: 'org_0',
      clearance,
      // The binding that permits is the last one.
      roles: Array.from({ length: bindings }, (_, i) => ({
        organisation: `org_${bindings - 1 - i}`,
        role: i === bindings - 1 ? 'researcher' : (roles[i % roles.length] as Role),
        expiresAt: 2_000,
      })),
      tokenScopes: ['ledger.*', 'dataset.*', 'run.*', 'campaign.*', 'model.*'],
    },
    action,
    resource: { kind: 'dataset', id: `dst_${index}`, organisation: 'org_0', label, conditions: unrestricted },
    purpose: action === 'model.create' ? 'train' : 'explore',
    sources: [{ label: { ...label }, conditions: unrestricted }],
    at: 1_000,
  };
}

export type PolicyFigures = {
  /**
   * Median over the rounds, decisions for each second of processor time of the whole process: what one core does
   * when nothing else wants it. On an idle machine it is the rate by the clock.
   */
  decisionsPerSecond: number;
  /** The slowest round. */
  slowest: number;
  /** Median by the clock, other programs on the machine included. */
  byTheClock: number;
  deniedShare: number;
  bindings: number;
  categories: number;
  rules: number;
  promised: number;
  holds: boolean;
};

/** Milliseconds of processor time that this process has used since `before`. */
function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Runs five rounds of half a second of processor time each (a tenth when quick), after a warm-up, in this thread. */
export function measurePolicy({ quick = false } = {}): PolicyFigures {
  const rules = [
    ...standardRules,
    ...Array.from({ length: ruleCount - standardRules.length }, (_, i) => siteRule(i)),
  ];
  // Cloned as if it came from a database: equal strings are not the same object.
  const pool = Array.from({ length: 512 }, (_, i) => structuredClone(requestOf(i)));
  const roundMs = quick ? 100 : 500;
  const rates: number[] = [];
  const clockRates: number[] = [];
  let denied = 0;
  let total = 0;
  for (let round = -1; round < 5; round++) {
    const started = performance.now();
    const before = process.cpuUsage();
    let decided = 0;
    do {
      for (const request of pool) if (decide(request, rules).effect === 'deny') denied++;
      decided += pool.length;
    } while (cpuMs(before) < roundMs);
    total += decided;
    // The first round warms up and does not count.
    if (round < 0) continue;
    clockRates.push((decided * 1_000) / (performance.now() - started));
    rates.push((decided * 1_000) / cpuMs(before));
  }
  rates.sort((a, b) => a - b);
  clockRates.sort((a, b) => a - b);
  const decisionsPerSecond = Math.round(rates[2] ?? 0);
  return {
    decisionsPerSecond,
    slowest: Math.round(rates[0] ?? 0),
    byTheClock: Math.round(clockRates[2] ?? 0),
    deniedShare: denied / total,
    bindings,
    categories: categoryCount,
    rules: rules.length,
    promised,
    holds: decisionsPerSecond >= promised,
  };
}

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const figures = measurePolicy({ quick: flags.has('--quick') });
  console.table({
    'decisions a second of one core (median of 5 rounds)': { value: figures.decisionsPerSecond },
    'slowest round': { value: figures.slowest },
    'by the clock, with what else runs here': { value: figures.byTheClock },
    promised: { value: figures.promised },
    'role bindings': { value: figures.bindings },
    categories: { value: figures.categories },
    rules: { value: figures.rules },
    'share denied': { value: Number(figures.deniedShare.toFixed(3)) },
  });
  console.log(figures.holds ? 'The promise holds.' : 'The promise does NOT hold.');
  if (flags.has('--json')) console.log(JSON.stringify(figures));
  if (!figures.holds) process.exitCode = 1;
}
