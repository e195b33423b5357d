import { at, type Carries, nameOf, spelled } from "../kinds.ts";
import { lastApplied, type ManagedFields, type Metadata } from "../objects.ts";
import type { Change } from "./change.ts";
import { forcing, isAdditive, type Source, type SourceName, sources, type Written } from "./sources.ts";

/** Who is to undo what is written into a list. */
export type Drift = {
  readonly by: SourceName | "applied-file" | "manager" | "controller";
  /** The release, the application or the Flux object; the field manager; the object that controls this one. */
  readonly name: string;
  /** He writes his list over ours, stops because ours is there, does one of the two, or may undo it. */
  readonly does: "undoes" | "stops" | "undoes-or-stops" | "may-undo";
};

/** The list in question, and as whom it is written. */
type Writing = { readonly carries: Carries; readonly fieldManager: string };

/** The source that an object belongs to. */
type Belonging = { readonly by: SourceName; readonly name: string; readonly row: Source };

/**
 * Who will undo a name that is added to an object's list of pull secrets, by what the object says of itself; undefined where nobody
 * is known to.
 *
 * An atomic list is written whole, so whoever has one in his source writes it over ours. In a list that is merged by name each name
 * is its writer's own, for server-side apply as for a strategic merge, so only who takes out foreign names undoes one. A source that
 * does not have the list leaves it alone either way.
 */
export function driftOf(object: Written, { carries, fieldManager }: Writing): Drift | undefined {
  const { metadata } = object;
  const source = sourceOf(object);
  if (source && source.row.isActive?.(metadata) === false) return undefined;
  if (source?.row.undoes?.(metadata, fieldManager)) return { by: source.by, name: source.name, does: "undoes" };
  const listed = carries.list === "atomic" ? listedBy(metadata, source, { carries, fieldManager }) : undefined;
  return listed ?? controlledBy(metadata);
}

function sourceOf(object: Written): Belonging | undefined {
  for (const [by, row] of Object.entries(sources)) {
    const name = row.nameIn(object);
    if (name !== undefined) return { by: by as SourceName, name, row };
  }
  return undefined;
}

/** Whoever has the list in his source: he wrote it last, or it is noted that he applied it. */
function listedBy(metadata: Metadata, source: Belonging | undefined, { carries, fieldManager }: Writing): Drift | undefined {
  const path = carries.path.map((step) => `f:${step}`);
  const entries = metadata.managedFields ?? [];
  const owners = entries.filter((entry) => entry.manager !== fieldManager && has(entry, path) && !isAdditive(entry));
  const own = source && owners.find((entry) => isFrom(source.row, entry, entries));
  if (source && own) return { by: source.by, name: source.name, does: doesAgain(own, source.row.forces ? "undoes" : "stops") };
  if (hasApplied(metadata, carries.path)) return fromFile(source);
  const applier = owners.find(({ operation }) => operation === "Apply");
  if (!applier) return undefined;
  const { manager = "" } = applier;
  return { by: "manager", name: manager, does: forcing.has(manager) ? "undoes" : "undoes-or-stops" };
}

/** Whoever wrote the mark of a source is that source. */
function isFrom({ mark, manager }: Source, { manager: owner }: ManagedFields, entries: readonly ManagedFields[]): boolean {
  const writers = entries.filter((entry) => has(entry, mark)).map((entry) => entry.manager);
  return writers.length > 0 ? writers.includes(owner) : owner === manager;
}

/** An apply meets our name as a conflict; any other write of an atomic list is the whole list. */
const doesAgain = ({ operation }: ManagedFields, atConflict: Drift["does"]): Drift["does"] =>
  operation === "Apply" ? atConflict : "undoes";

/** Argo CD notes what it applied as kubectl does. */
const fromFile = (source: Belonging | undefined): Drift =>
  source?.by === "argocd"
    ? { by: source.by, name: source.name, does: "undoes" }
    : { by: "applied-file", name: lastApplied, does: "undoes" };

/** Whether the file that was applied last has the list, be it empty: its next apply puts the whole list back. */
function hasApplied({ annotations }: Metadata, path: readonly string[]): boolean {
  try {
    return at(JSON.parse(annotations?.[lastApplied] ?? "null"), path) !== undefined;
  } catch {
    return false;
  }
}

/** Who made the object may keep it as he made it; nothing tells whether he does. */
function controlledBy({ ownerReferences }: Metadata): Drift | undefined {
  const controller = ownerReferences?.find((reference) => reference.controller);
  return controller && { by: "controller", name: `${controller.kind}/${controller.name}`, does: "may-undo" };
}

const has = ({ fieldsV1 }: ManagedFields, path: readonly string[]) => at(fieldsV1, path) !== undefined;

/** Who it is, what he does next, and where the name belongs instead. */
type Words = { readonly is: (name: string) => string; readonly next: string; readonly output?: "kustomize" | "helm" };

const rows: Readonly<Record<Drift["by"], Words>> = {
  helm: { is: (name) => `belongs to Helm release ${name}`, next: "the next helm upgrade", output: "helm" },
  "flux-helm": { is: (name) => `belongs to Flux HelmRelease ${name}`, next: "its next upgrade", output: "helm" },
  "flux-kustomize": { is: (name) => `belongs to Flux Kustomization ${name}`, next: "its next reconciliation", output: "kustomize" },
  argocd: { is: (name) => `belongs to Argo CD application ${name}`, next: "its next sync", output: "kustomize" },
  "applied-file": {
    is: () => "was applied from a file with such a list",
    next: "the next apply of that file",
    output: "kustomize",
  },
  manager: { is: (name) => `has its list from field manager ${name}`, next: "its next apply", output: "kustomize" },
  controller: { is: (name) => `is controlled by ${name}`, next: "its controller" },
};

const does: Readonly<Record<Drift["does"], (secret: string) => string>> = {
  undoes: (secret) => `takes ${secret} out again`,
  stops: (secret) => `stops with a conflict over ${secret}`,
  "undoes-or-stops": (secret) => `takes ${secret} out again, or stops with a conflict`,
  "may-undo": (secret) => `may take ${secret} out again`,
};

/** A name as a tenant may have written it: what is no such name cannot pass for a sentence of ours. */
const plain = (name: string) => (/^[\w./-]+$/.test(name) ? name : JSON.stringify(name));

/** Warns of who will undo a change, with what to commit instead; nothing where the target stays as it is. */
export function tellDrift(change: Change, drift: Drift | undefined): Change[] {
  if (change.act !== "attach" || !drift) return [];
  const { to, secret } = change;
  const { is, next, output } = rows[drift.by];
  const says = `${nameOf(to)} ${is(plain(drift.name))}: ${next} ${does[drift.does](secret)}`;
  const tell = { act: "tell", id: "drift", needs: to, to } as const;
  if (!output) return [{ ...tell, says }];
  const targets = [nameOf({ kind: spelled(to.kind), name: to.name })];
  return [{ ...tell, says: `${says}, so commit what this prints`, fix: { verb: "attach", secret, targets, output } }];
}
