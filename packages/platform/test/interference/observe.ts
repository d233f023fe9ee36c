import { type Answer, type Ask, comparable, type send } from '../noninterference/client.ts';
import { unknownLike } from '../noninterference/operations.ts';
import type { Hidden } from './hidden-acts.ts';
import { listsOf, readsAbout } from './read-paths.ts';
import type { Person, WatchedWorld } from './watched-world.ts';

export type Difference = { by: string; ask: string; what: string; before: string; after: string };
export type Observations = Map<string, string>;

/*
 * What may differ between two worlds that are the same to somebody, with the reasons in SECURITY.md: the time of the answer and
 * the id of the request; how far the ledger has grown, and the proofs that follow from it; how loaded the machines are.
 */
const admitted: readonly [path: RegExp, what: RegExp, instead: string][] = [
  [/./, /"(requestId|generatedAt|checkedAt|observedAt|seenAt|lastSeenAt|asOf)":("[^"]*"|\d+)/g, ''],
  // A cursor is encrypted anew each time; that there is one counts.
  [/./, /"nextCursor":"[^"]*"/g, '"nextCursor":"some"'],
  [/^\/(oai|datasets)/, /<responseDate>[^<]*/g, ''],
  [
    /^\/v1\/ledger\/|^\/v1\/audit\//,
    /"(checkpoint|note|size|index|hashes|proof|root|leafIndex|treeSize)":("[^"]*"|\d+|\[[^\]]*\])/g,
    '',
  ],
];

/** What is left of an answer without the channels that are admitted. */
export function normalised(ask: Ask, answer: Answer, names: readonly string[] = []): string {
  let all = comparable(answer, names);
  for (const [path, what, instead] of admitted) if (path.test(ask.path)) all = all.replaceAll(what, instead);
  return all.replaceAll(/^(etag|content-length|x-ratelimit-[a-z]+): .*$/gm, '');
}

type Look = (by: Person, ask: Ask) => ReturnType<typeof send>;
const keyOf = ({ method, path, body }: Ask): string => `${method} ${path} ${JSON.stringify(body ?? null)}`;

/** Asks several at once, as a person with a script would. */
async function inTurn<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Everything that an observer receives from every read, lists and what it has an id for. */
export async function observe(
  world: Pick<WatchedWorld, 'visible'> & { look: Look },
  reads: readonly string[],
  by: Person,
  known: readonly string[],
): Promise<Observations> {
  const seen: Observations = new Map();
  await inTurn([...listsOf(reads), ...readsAbout(reads, [...world.visible, ...known])], async (ask) => {
    seen.set(keyOf(ask), normalised(ask, await world.look(by, ask)));
  });
  return seen;
}

/** Where two observations of the same person differ. */
export function differences(
  by: Person,
  what: string,
  before: Observations,
  after: Observations,
): Difference[] {
  return [...before].flatMap(([ask, was]) => {
    const is = after.get(ask);
    return is === undefined || is === was ? [] : [{ by: by.name, ask, what, before: was, after: is }];
  });
}

/** Every read of what is hidden, beside the same read of what was never made. */
export async function compareWithNothing(
  world: { look: Look },
  reads: readonly string[],
  by: Person,
  ids: Hidden['ids'],
  draw: number,
): Promise<{ answers: number; differences: Difference[] }> {
  const found: Difference[] = [];
  let answers = 0;
  await inTurn(ids, async (id) => {
    const nothing = unknownLike(id, draw);
    const pairs = readsAbout(reads, [id]).map((ask) => [ask, readsAbout(reads, [nothing])] as const);
    for (const [at, [ask, others]] of pairs.entries()) {
      const other = others[at]!;
      const is = normalised(ask, await world.look(by, ask), [id]);
      const none = normalised(other, await world.look(by, other), [nothing]);
      answers += 2;
      if (is !== none)
        found.push({ by: by.name, ask: keyOf(ask), what: 'it is there', before: none, after: is });
    }
  });
  return { answers, differences: found };
}
