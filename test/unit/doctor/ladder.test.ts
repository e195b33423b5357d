import { expect, test } from "vitest";
import type { AzureFacts } from "../../../src/doctor/azure.ts";
import type { CheckResult } from "../../../src/doctor/finding.ts";
import { ladder } from "../../../src/doctor/ladder.ts";
import type { NodeFacts } from "../../../src/doctor/nodes.ts";
import { CliError } from "../../../src/errors.ts";

type MayMint = NonNullable<AzureFacts["may"]>[number];
const token: MayMint = { credential: "acr-token" };
const principal: MayMint = { credential: "service-principal", unchecked: "Microsoft Graph" };

const azure = (more: Partial<AzureFacts> = {}): AzureFacts => ({
  registry: { id: "/registries/myregistry", name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Basic" },
  settings: { mode: "legacy", adminUser: false, armAudience: true, network: "all" },
  permissions: undefined,
  may: [token, principal],
  tokens: 90,
  limit: 100,
  ...more,
});

const nodes = (more: Partial<NodeFacts> = {}): NodeFacts => ({
  count: 3,
  managedBy: undefined,
  oldest: "v1.36.1",
  tooOld: 0,
  identities: [],
  hasProvider: undefined,
  issuer: "https://issuer.example.com",
  ...more,
});

const aks = nodes({ managedBy: "AKS", identities: ["c-1"] });
const old = nodes({ oldest: "v1.33.9", tooOld: 1 });
const unreadable = new CliError("forbidden", "it cannot be read");
const role = (status: CheckResult["status"]): CheckResult => ({ status, message: "the kubelet identity c-1 …", next: "assign it" });

type Row = {
  readonly when: string;
  readonly facts: Partial<Parameters<typeof ladder>[0]>;
  /** Per rung, in order: best, available, -, unknown and never. */
  readonly rungs: string;
  readonly why?: Partial<Record<string, string>>;
};

const rows: readonly Row[] = [
  {
    when: "the AKS kubelet identity has the role",
    facts: { nodes: aks, kubeletIdentity: role("ok") },
    rungs: "best - available available available never",
    why: { "federated-provider": "AKS configures the kubelets" },
  },
  {
    when: "the AKS kubelet identity lacks the role",
    facts: { nodes: aks, kubeletIdentity: role("warning") },
    rungs: "- - best available available never",
  },
  {
    when: "the role of the AKS kubelet identity is unknown",
    facts: { nodes: aks, kubeletIdentity: role("unknown") },
    rungs: "unknown - best available available never",
  },
  {
    when: "AKS nodes have no label with their identity",
    facts: { nodes: aks },
    rungs: "unknown - best available available never",
    why: { "aks-identity": "no label" },
  },
  {
    when: "the name of the registry has a hash",
    facts: {
      azure: azure({
        registry: { id: "/registries/myregistry", name: "myregistry", loginServer: "myregistry-a1b2.azurecr.io", sku: "Basic" },
      }),
    },
    rungs: "- - best available available never",
    why: { "federated-provider": "acr-credential-provider gives no login for myregistry-a1b2.azurecr.io" },
  },
  {
    when: "you configure kubelets from v1.34 on",
    facts: {},
    rungs: "- best available available available never",
    why: { "aks-identity": "not AKS nodes", "federated-provider": "which are v1.34 or newer" },
  },
  {
    when: "the kubelets already have a credential provider",
    facts: { nodes: nodes({ hasProvider: true }) },
    rungs: "- best available available available never",
    why: { "federated-provider": "have a credential provider" },
  },
  {
    when: "one kubelet is older than v1.34",
    facts: { nodes: old },
    rungs: "- - best available available never",
    why: { "federated-provider": "1 of 3 nodes run a kubelet before v1.34 (the oldest is v1.33.9)" },
  },
  { when: "EKS configures the kubelets", facts: { nodes: nodes({ managedBy: "EKS" }) }, rungs: "- - best available available never" },
  { when: "GKE configures the kubelets", facts: { nodes: nodes({ managedBy: "GKE" }) }, rungs: "- - best available available never" },
  { when: "the cluster has no nodes", facts: { nodes: nodes({ count: 0 }) }, rungs: "- unknown best available available never" },
  { when: "the nodes cannot be listed", facts: { nodes: unreadable }, rungs: "unknown unknown best available available never" },
  {
    when: "you may not create CronJobs",
    facts: { nodes: old, mayCreateCronJobs: false },
    rungs: "- - - best available never",
    why: { "scheduled-rotation": "you may not create CronJobs" },
  },
  {
    when: "you may not create tokens",
    facts: { nodes: old, azure: azure({ may: [{ ...token, missing: "tokens/write" }, principal] }) },
    rungs: "- - - - best never",
    why: { "scheduled-rotation": "you lack tokens/write on myregistry", "token-without-expiry": "you lack tokens/write on myregistry" },
  },
  {
    when: "the registry has no room for a token",
    facts: { nodes: old, azure: azure({ tokens: 100 }) },
    rungs: "- - - - best never",
    why: { "scheduled-rotation": "maximum number of tokens" },
  },
  {
    when: "you may create nothing",
    facts: {
      nodes: old,
      azure: azure({
        may: [
          { ...token, missing: "tokens/write" },
          { credential: "service-principal", missing: "roleAssignments/write" },
        ],
      }),
    },
    rungs: "- - - - - never",
  },
  {
    when: "your permissions cannot be read",
    facts: { nodes: old, azure: azure({ may: [{ ...token, unchecked: "the permissions" }] }) },
    rungs: "- - best available available never",
    why: { "scheduled-rotation": "not checked: the permissions" },
  },
  { when: "the registry cannot be read", facts: { nodes: old, azure: unreadable }, rungs: "- - unknown unknown unknown never" },
  { when: "nothing can be read", facts: { nodes: unreadable, azure: unreadable }, rungs: "unknown unknown unknown unknown unknown never" },
];

test.for(rows)("chooses the first way that applies when $when", ({ facts, rungs, why = {} }) => {
  const found = ladder({ azure: azure(), nodes: nodes(), ...facts });

  expect(
    found
      .map(({ applies }) => applies)
      .join(" ")
      .replaceAll("unavailable", "-"),
  ).toBe(rungs);
  expect(found.every((rung) => rung.why !== "")).toBe(true);
  for (const [id, text] of Object.entries(why)) expect(found.find((rung) => rung.id === id)?.why).toContain(text);
});

test.for([
  { issuer: "https://kubernetes.default.svc.cluster.local", isPublic: false },
  { issuer: "https://kubernetes.default.svc", isPublic: false },
  { issuer: "https://localhost:6443", isPublic: false },
  { issuer: "https://192.168.1.4", isPublic: false },
  { issuer: "https://172.20.0.1", isPublic: false },
  { issuer: "https://[fd00::1]:6443", isPublic: false },
  { issuer: "http://issuer.example.com", isPublic: false },
  { issuer: "rancher", isPublic: false },
  { issuer: "https://172.example.com", isPublic: true },
  { issuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/1", isPublic: true },
  { issuer: undefined, isPublic: true },
])("says whether Entra ID can reach the issuer $issuer", ({ issuer, isPublic }) => {
  const rung = ladder({ azure: azure(), nodes: nodes({ issuer }) })[1];

  expect(rung?.applies).toBe(isPublic ? "best" : "unavailable");
  if (!isPublic) expect(rung?.why).toContain(issuer);
});

test("repeats the command that assigns the role to the kubelet identity", () => {
  const [rung] = ladder({ azure: azure(), nodes: aks, kubeletIdentity: role("warning") });

  expect(rung?.next).toBe("assign it");
});

test("prints the command that disables the admin user only if it is enabled", () => {
  const { settings } = azure();
  const rungOf = (adminUser: boolean) => ladder({ azure: azure({ settings: { ...settings, adminUser } }), nodes: nodes() }).at(-1);

  expect(rungOf(true)).toMatchObject({ applies: "never", next: { words: expect.arrayContaining(["--admin-enabled", "false"]) } });
  expect(rungOf(false)).not.toHaveProperty("next");
});
