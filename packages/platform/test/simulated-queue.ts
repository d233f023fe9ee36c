/*
 * A batch queue to judge models of waiting on: one pool of nodes, first come first served with EASY backfill (Lifka,
 * 1995: a later job may start early if, by the times that were asked for, it does not delay the first one). Jobs come
 * by day more than by night and less at weekends, one by one and in bursts of one person; sizes are powers of two, times
 * are log-normal, and what is asked for exceeds what is used. Some of the jobs are ours: only those are remembered.
 */

/** Numbers in [0, 1) that depend on the seed alone: a counter through the finaliser of MurmurHash3. */
export function createNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

export type SimulatedQueue = {
  seed: number;
  nodes: number;
  /** Node seconds asked of the machine over what it has; waiting grows without end towards 1. */
  load: number;
  days: number;
  /** Mean number of jobs that come at once, of a burst. */
  burst: number;
  /** The share of jobs and bursts that are ours. */
  ours: number;
};

export type SimulatedJob = {
  submittedAt: number;
  waitedSeconds: number;
  nodes: number;
  cores: number;
  durationSeconds: number;
};

type Job = { at: number; nodes: number; asked: number; used: number; ours: boolean; start: number };

const coresPerNode = 32;
const day = 86_400;
/** Hours of work have four times the jobs of the night, weekends a third of the days. */
const rhythm = (second: number): number => {
  const hour = (second % day) / 3_600;
  const weekend = Math.floor(second / day) % 7 >= 5;
  return (0.4 + 1.2 * Math.max(0, Math.sin(((hour - 7) / 14) * Math.PI))) * (weekend ? 0.33 : 1);
};

function arrivals({ seed, nodes, load, days, burst, ours }: SimulatedQueue): Job[] {
  const random = createNumbers(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const largest = Math.log2(nodes) - 1;
  const one = () => {
    const used = Math.min(day, 60 + Math.exp(Math.log(1_200) + 1.3 * normal()));
    const asked = Math.min(day, Math.ceil((used * (1 + 2 * random())) / 600) * 600);
    return { nodes: 2 ** Math.floor(largest * random() ** 3), asked, used: Math.min(used, asked) };
  };
  const jobs: Job[] = [];
  let work = 0;
  while (work < load * nodes * days * day) {
    let at = random() * days * day;
    while (random() * 1.6 > rhythm(at)) at = random() * days * day;
    const mine = random() < ours;
    const size = one();
    // A burst asks for an hour of the whole machine at most, else it would be the queue.
    const most = (nodes * 3_600) / (size.nodes * size.used);
    const count = random() < 0.15 ? Math.ceil(Math.min(-Math.log(1 - random()) * burst, most)) : 1;
    for (let i = 0; i < count; i++) {
      // The jobs of a burst are alike, and come within minutes.
      const used = count === 1 ? size.used : Math.min(size.asked, size.used * Math.exp(0.2 * normal()));
      jobs.push({ at: at + i * random(), nodes: size.nodes, asked: size.asked, used, ours: mine, start: -1 });
      work += used * size.nodes;
    }
  }
  return jobs.sort((a, b) => a.at - b.at);
}

/** When the first job of the queue can start by the times asked for, and how many nodes are left over then. */
function reservation(first: Job, running: readonly Job[], free: number): { at: number; spare: number } {
  let have = free;
  for (const job of [...running].sort((a, b) => a.start + a.asked - b.start - b.asked)) {
    have += job.nodes;
    if (have >= first.nodes) return { at: job.start + job.asked, spare: have - first.nodes };
  }
  return { at: Number.POSITIVE_INFINITY, spare: 0 };
}

/** All jobs of ours, by the time of their submission. Seconds and milliseconds as in a waiting record. */
export function simulateQueue(queue: SimulatedQueue): SimulatedJob[] {
  const jobs = arrivals(queue);
  const waiting: Job[] = [];
  let running: Job[] = [];
  let free = queue.nodes;
  const start = (job: Job, now: number) => {
    job.start = now;
    free -= job.nodes;
    running.push(job);
  };
  const schedule = (now: number) => {
    while (waiting[0] !== undefined && waiting[0].nodes <= free) start(waiting.shift()!, now);
    const [first] = waiting;
    if (first === undefined || free === 0) return;
    const held = reservation(first, running, free);
    // Schedulers look only so far down a queue; so does this one.
    for (let i = 1; i < Math.min(waiting.length, 100) && free > 0; i++) {
      const job = waiting[i]!;
      const ends = now + job.asked <= held.at;
      if (job.nodes > free || !(ends || job.nodes <= held.spare)) continue;
      if (!ends) held.spare -= job.nodes;
      waiting.splice(i--, 1);
      start(job, now);
    }
  };
  let next = 0;
  while (next < jobs.length || running.length > 0) {
    const coming = jobs[next]?.at ?? Number.POSITIVE_INFINITY;
    const ending = running.reduce((least, job) => Math.min(least, job.start + job.used), coming);
    if (coming <= ending) waiting.push(jobs[next++]!);
    else {
      for (const job of running) if (job.start + job.used <= ending) free += job.nodes;
      running = running.filter((job) => job.start + job.used > ending);
    }
    schedule(Math.min(coming, ending));
  }
  return jobs
    .filter(({ ours }) => ours)
    .map(({ at, start: began, nodes, asked }) => ({
      submittedAt: Math.round(at * 1_000),
      waitedSeconds: began - at,
      nodes,
      cores: nodes * coresPerNode,
      durationSeconds: asked,
    }));
}
