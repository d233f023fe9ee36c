import { type CapabilityManifest, GenesisError, invalidField } from '@genesis/contracts';
import { canonicalHash } from '@genesis/evidence';
import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import { type Door, factsOf, platformPrincipal, type ReadScope, resource } from '../door/index.ts';
import { type Clock, type Ids, isUniqueViolation, type Log } from '../kernel/index.ts';
import { type PrincipalFacts, type ResourceFacts, unrestricted } from '../policy/index.ts';
import { builtinManifests } from './builtin.ts';
import { assertSchema } from './schemas.ts';
import { capability } from './tables.ts';

export type CapabilityRow = typeof capability.$inferSelect;
export type FoundCapability = { row: CapabilityRow; facts: ResourceFacts };

const shipped = builtinManifests.flatMap(({ implementation }) =>
  implementation.kind === 'function' ? [implementation.function] : [],
);

/** The owner that the platform's own capabilities have in their table. */
const platformsOwn = '';

type Parts = { door: Door; clock: Clock; ids: Ids };

/**
 * Registers a capability as declared. A version, once registered, never changes. Names are unique within their
 * organisation: what others have taken can neither be noticed nor be in the way.
 */
export async function registerCapability(
  { door, clock, ids }: Parts,
  principal: PrincipalFacts,
  manifest: CapabilityManifest,
): Promise<CapabilityRow> {
  assertSchema(manifest.input, 'input');
  assertSchema(manifest.output, 'output');
  const { implementation } = manifest;
  if (implementation.kind === 'function' && !shipped.includes(implementation.function))
    throw invalidField(
      'implementation.function',
      `expected one that ships with Genesis: ${shipped.join(', ')}`,
    );
  if (
    (implementation.kind === 'kit' || implementation.kind === 'own') &&
    principal.id !== platformPrincipal.id
  )
    throw invalidField(
      'implementation.kind',
      `"${implementation.kind}" ships with the platform: declare a command, or run your program by "genesis train"`,
    );
  const id = ids.next('capability');
  const facts: ResourceFacts = {
    kind: 'capability',
    id,
    organisation: principal.id === platformPrincipal.id ? null : principal.organisation,
    label: manifest.labelRule.atLeast,
    conditions: unrestricted,
  };
  const digest = canonicalHash(manifest);
  const { result } = await door.perform(
    { principal, action: 'capability.register', resource: { create: facts }, purpose: null },
    async (tx) => {
      const { name, version } = manifest;
      const organisation = facts.organisation ?? platformsOwn;
      const value = {
        id,
        organisation,
        name,
        version,
        manifest,
        digest,
        status: 'declared',
        tier: 'tier1_declared',
      };
      try {
        const [row] = await tx
          .insert(capability)
          .values({ ...value, createdAt: clock.now().getTime() })
          .returning();
        return { result: row!, details: { name, version, digest } };
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        const message = `Your organisation has a capability ${name} ${version} already: raise the version.`;
        throw new GenesisError({ code: 'conflict', message }, { cause: error });
      }
    },
  );
  return result;
}

/**
 * Registers what ships with Genesis, where it is missing. A kit whose files changed without a new version is told: the
 * version stays what it was registered as.
 */
export async function seedCapabilities(
  parts: Parts & { log: Log },
  kits: readonly CapabilityManifest[] = [],
): Promise<void> {
  const known = await listCapabilities(parts.door.authorize(platformPrincipal, 'explore'));
  for (const manifest of [...builtinManifests, ...kits]) {
    const { name, version } = manifest;
    const there = known.find(
      ({ row }) => row.organisation === platformsOwn && row.name === name && row.version === version,
    );
    if (there === undefined) await registerCapability(parts, platformPrincipal, manifest);
    else if (manifest.implementation.kind === 'kit' && there.row.digest !== canonicalHash(manifest))
      parts.log.warn(
        { capability: `${name}@${version}` },
        'A kit has other files than those this version was registered with; its runs use the registered ones. Raise the version in kit.json',
      );
  }
}

const select = (scope: ReadScope) =>
  scope.orm
    .select({ row: capability, governed: resource })
    .from(capability)
    .innerJoin(resource, eq(resource.id, capability.id));

/** Capabilities that the scope admits, by name, newest version first; a thousand at most. */
export async function listCapabilities(scope: ReadScope): Promise<FoundCapability[]> {
  const rows = await select(scope)
    .where(scope.where)
    .orderBy(asc(capability.name), desc(capability.createdAt))
    .limit(1000);
  return rows.map(({ row, governed }) => ({ row, facts: factsOf(governed) }));
}

/**
 * By id, by `name@version`, or by name: then the newest version. A name means the platform's own capability, else one of
 * the principal's organisation; those of others have to be named by id, so that nobody can put theirs under a known name.
 */
export async function findCapability(scope: ReadScope, wanted: string): Promise<FoundCapability> {
  const [name = '', version] = wanted.split('@');
  const named = and(
    eq(capability.name, name),
    version === undefined ? undefined : eq(capability.version, version),
    inArray(capability.organisation, [platformsOwn, scope.principal.organisation]),
  );
  const [found] = await select(scope)
    .where(and(scope.where, wanted.startsWith('cap_') ? eq(capability.id, wanted) : named))
    .orderBy(desc(eq(capability.organisation, platformsOwn)), desc(capability.createdAt))
    .limit(1);
  if (found === undefined) {
    throw new GenesisError({
      code: 'not-found',
      message: 'There is no capability of this name that you may see.',
    });
  }
  return { row: found.row, facts: factsOf(found.governed) };
}
