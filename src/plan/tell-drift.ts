import { nameOf, spelled } from "../kinds.ts";
import type { Change } from "./change.ts";
import type { Drift } from "./drift.ts";

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
