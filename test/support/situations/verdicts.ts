import type { ImageFacts, Note, PodFacts, SecretFacts, TriedLogin } from "../../../src/check/facts.ts";
import { judge } from "../../../src/check/verdict.ts";
import { formatCommand } from "../../../src/hint.ts";
import type { Proof } from "../../../src/registry/port.ts";

export const r = "r1234.azurecr.io";
export const proof = (verdict: Proof["verdict"]): Proof => ({ verdict, message: `says ${verdict}` });
export const tried = (secret: string, verdict: Proof["verdict"]): TriedLogin => ({ secret, proof: proof(verdict) });
export const note = (renewal: Note["renewal"], more: Partial<Note> = {}): Note => ({
  renewal,
  widens: renewal === "made",
  again: { given: ["--username", "ci-pull", "--password-stdin"], made: [], unknown: undefined }[renewal],
  expiresAt: undefined,
  expiresIn: undefined,
  copies: [],
  ...more,
});
export const secret = (name: string, more: Partial<SecretFacts> = {}): SecretFacts => ({
  name,
  note: undefined,
  source: undefined,
  servers: [r],
  skipped: [],
  isFixed: false,
  writers: [],
  ...more,
});
export const deployment = (name: string) => ({
  kind: "replicaset",
  name: `${name}-1`,
  template: { kind: "deployment", name },
});
export const daemonset = { kind: "daemonset", name: "d", template: { kind: "daemonset", name: "d" } };
export const job = { kind: "job", name: "j", template: undefined };
export const pod = (name: string, more: Partial<PodFacts> = {}): PodFacts => ({
  name,
  container: "app",
  pulled: false,
  own: false,
  owner: deployment("web"),
  failures: [],
  ...more,
});

export const facts: ImageFacts = {
  image: `${r}/app/web:1`,
  ref: { host: r, repository: "app/web", reference: "1" },
  azure: { registry: "r1234", loginServer: r, otherwise: undefined },
  namespace: "demo",
  account: "sa",
  pods: [pod("web-1")],
  templates: [],
  owners: [{ kind: "deployment", name: "web" }],
  names: [],
  only: false,
  secrets: [],
  tried: [],
  anonymous: undefined,
  unread: [],
  nodeIdentity: undefined,
  malformed: undefined,
  attachedLater: undefined,
  unattached: [],
  matchesLoginServer: false,
  fresh: { name: "acr-r1234", isDefault: true },
  otherTags: ["1", "2"],
  noRepository: undefined,
  elsewhere: [],
  entries: new Map(),
  rewritten: undefined,
  otherHosts: [],
  now: new Date("2026-01-10T00:00:00Z"),
};
export const judged = (more: Partial<ImageFacts>) => {
  const {
    fix,
    message,
    registryMessages = [],
    notes = [],
    ...row
  } = judge({ ...facts, ...more, owners: more.pods?.length === 0 ? (more.owners ?? []) : facts.owners });
  return { ...row, message: message && [message, ...registryMessages, ...notes].join("; "), fix: fix && formatCommand(fix) };
};
export const noLogin = { anonymous: proof("refused") };
export const otherwise = (kind: "port" | "capitals" | "region") => ({ azure: { registry: "r1234", loginServer: r, otherwise: kind } });
export const create = `kubectl acr-secret create -n demo --registry ${r}`;
