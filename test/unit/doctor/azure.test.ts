import { expect, test } from "vitest";
import { pullRole } from "../../../src/credential/granted-rights.ts";
import { checkAzure, checkKubeletIdentities } from "../../../src/doctor/azure.ts";
import { CliError, Interrupted } from "../../../src/errors.ts";
import { formatCommand, type Hint, hintText, plugin } from "../../../src/hint.ts";
import { openInterruption } from "../../../src/interruption.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const refusal = (kind: CliError["kind"]) => () => new CliError(kind, `Azure answers ${kind}`, { hint: "do this" });

const tokenRole = "Container Registry Contributor and Data Access Configuration Administrator";

type Row = {
  readonly when: string;
  readonly sku?: string;
  readonly registry?: string | undefined;
  readonly given?: (world: FakeWorld) => unknown;
  /** `id status` of the findings that are not ok, in order. */
  readonly finds: readonly string[];
  /** A part of the message, or of the next command, of a finding. */
  readonly shows?: Readonly<Record<string, string>>;
  readonly facts?: object;
};

const rows: readonly Row[] = [
  {
    when: "you may create tokens",
    finds: [],
    shows: {
      "azure-identity": "jane@example.com (user, object o-1) in tenant t-1, signed in with the Azure CLI (az)",
      "azure-rights":
        "you may create: acr-token, service-principal (not checked: Microsoft Graph: Application.ReadWrite.OwnedBy), entra; " +
        "not: admin (the admin user is disabled)",
      "registry-mode": "AcrPull allows pulling",
    },
    facts: { registry: { name: "myregistry" }, tokens: 0, limit: 50_000 },
  },
  {
    when: "no registry is named",
    registry: undefined,
    finds: [],
    facts: { message: "no registry is named", hint: plugin("doctor", "--registry", "REGISTRY") },
  },
  {
    when: "the sign-in has expired",
    given: ({ asking }) => asking.around(refusing(is("identity"), refusal("unauthenticated"))),
    finds: ["azure-identity failed"],
    shows: { "azure-identity": "do this" },
    facts: { message: "Azure answers unauthenticated", hint: "do this" },
  },
  {
    when: "Azure cannot be reached",
    given: ({ asking }) => asking.around(refusing(is("identity"), refusal("unreachable"))),
    finds: ["azure-identity unknown"],
  },
  {
    when: "you have no rights on the registry",
    registry: "unreadable",
    finds: ["azure-registry failed", "azure-rights unknown"],
    shows: { "azure-identity": "jane@example.com", "azure-rights": `--assignee o-1 --role '${tokenRole}' --scope REGISTRY_ID` },
    facts: { message: expect.stringContaining("unreadable") },
  },
  {
    when: "you have no rights on a registry that is named by its ID",
    registry: "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/unreadable",
    finds: ["azure-registry failed", "azure-rights unknown"],
    shows: { "azure-rights": "--scope /subscriptions/s-1/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/unreadable" },
  },
  {
    when: "the settings of the registry cannot be read",
    given: ({ asking }) => asking.around(refusing(is("registryFacts"), refusal("forbidden"))),
    finds: ["azure-registry unknown", "azure-rights unknown"],
  },
  {
    when: "you may only read",
    given: ({ azure }) => azure.permissions.splice(0, 1, { actions: ["*/read"], notActions: [] }),
    finds: ["azure-rights warning"],
    shows: {
      "azure-rights": `--role '${tokenRole}' --scope`,
    },
    facts: { may: [{ credential: "acr-token", missing: "Microsoft.ContainerRegistry/registries/scopeMaps/write" }, {}, {}, {}] },
  },
  {
    when: "your permissions and the tokens cannot be read",
    given: ({ asking }) => {
      asking.around(refusing(is("permissions"), refusal("forbidden")));
      asking.around(refusing(is("tokenCount"), refusal("forbidden")));
      asking.around(refusing(is("roleAssignments"), refusal("forbidden")));
    },
    finds: ["azure-rights unknown", "registry-tokens unknown"],
    shows: { "azure-rights": "--role Reader" },
    facts: { permissions: undefined, tokens: undefined },
  },
  {
    when: "you have a built-in role, a custom role and a deleted role",
    given: ({ azure }) => {
      for (const role of [pullRole.legacy.id, "custom", "deleted"])
        azure.directory.assignments.push({ ...assignment, principalId: "o-1", role });
      azure.directory.definitions.set("custom", { name: "Token maker", permissions: [] });
    },
    finds: [],
    shows: { "azure-rights": "your roles: AcrPull, Token maker, deleted" },
  },
  {
    when: "the registry has repository permissions",
    given: ({ azure }) => {
      azure.facts.mode = "abac";
    },
    finds: [],
    shows: { "registry-mode": "Container Registry Repository Reader allows pulling; AcrPull has no effect" },
  },
  {
    when: "the registry is private",
    given: ({ azure }) => {
      azure.facts.network = "private";
    },
    finds: ["registry-network warning"],
    shows: { "registry-network": "private endpoints" },
  },
  {
    when: "the registry has firewall rules",
    given: ({ azure }) => {
      azure.facts.network = "selected";
    },
    finds: ["registry-network warning"],
    shows: { "registry-network": "firewall rules" },
  },
  {
    when: "the admin user is enabled",
    given: ({ azure }) => azure.admin.set("password", "secret-1"),
    finds: ["registry-admin-user warning"],
    shows: { "registry-admin-user": "az acr update --name myregistry --admin-enabled false" },
  },
  {
    when: "the registry has 79 of 100 tokens",
    sku: "Basic",
    given: ({ azure }) => addTokens(azure, 79),
    finds: [],
    shows: { "registry-tokens": "79 of 100 ACR tokens" },
  },
  {
    when: "the registry has 80 of 100 tokens",
    sku: "Basic",
    given: ({ azure }) => addTokens(azure, 80),
    finds: ["registry-tokens warning"],
    facts: { tokens: 80, limit: 100 },
  },
  { when: "the tier of the registry is new", sku: "Ultra", finds: [], shows: { "registry-tokens": "0 ACR tokens" } },
];

const assignment = { name: "d-1", here: true, ours: false, condition: undefined, madeAt: undefined };

function addTokens(azure: FakeWorld["azure"], count: number): void {
  for (let at = 0; at < count; at++) azure.putToken(`token-${at}`, []);
}

test.for(rows)("checks Azure when $when", async ({ sku = "Premium", given, finds, shows = {}, facts = {}, ...row }) => {
  const world = fakeWorld({ sku });
  given?.(world);

  const found = await checkAzure(Promise.resolve(world.azure.azure(openInterruption())), "registry" in row ? row.registry : "myregistry");

  expect(found.findings.flatMap(({ id, status }) => (status === "ok" ? [] : `${id} ${status}`))).toEqual(finds);
  for (const [id, part] of Object.entries(shows)) expect(shown(found.findings.find((each) => each.id === id))).toContain(part);
  expect(found.facts).toMatchObject(facts);
  expect(world.asking.writes).toEqual([]);
});

const shown = (finding: { readonly message: string; readonly next?: Hint | undefined } | undefined) => {
  return [finding?.message, finding?.next && hintText(finding.next, formatCommand)].join("\n");
};

const client = "70992d91-60ff-48ff-ab26-e73633e1ef1b";

type RoleRow = {
  readonly when: string;
  readonly mode?: "legacy" | "abac";
  readonly role?: string;
  readonly condition?: string;
  readonly definition?: object;
  readonly status: "ok" | "warning" | "unknown";
  readonly message?: string;
};

const everything = { actions: ["*"], notActions: [] };
const onRepository = "Microsoft.ContainerRegistry/registries/repositories";
const oneRepository =
  `((!(ActionMatches{'${onRepository}/content/read'}) AND !(ActionMatches{'${onRepository}/metadata/read'})) OR ` +
  `(@Request[${onRepository}:name] StringEqualsIgnoreCase 'app/web'))`;

const roleRows: readonly RoleRow[] = [
  { when: "AcrPull is assigned", role: pullRole.legacy.id, status: "ok" },
  { when: "no role is assigned", status: "warning", message: "lacks the role AcrPull" },
  {
    when: "AcrPull is assigned on an ABAC registry",
    mode: "abac",
    role: pullRole.legacy.id,
    status: "warning",
    message: pullRole.abac.name,
  },
  { when: "Repository Reader is assigned on an ABAC registry", mode: "abac", role: pullRole.abac.id, status: "ok" },
  { when: "Repository Reader is assigned on another registry", role: pullRole.abac.id, status: "warning" },
  {
    when: "Repository Reader is assigned for one repository",
    mode: "abac",
    role: pullRole.abac.id,
    condition: oneRepository,
    status: "unknown",
    message: "only app/web",
  },
  {
    when: "Repository Reader is assigned with an unknown condition",
    mode: "abac",
    role: pullRole.abac.id,
    condition: "x",
    status: "unknown",
    message: "a condition",
  },
  { when: "a custom role allows pulling", role: "custom", definition: everything, status: "ok" },
  {
    when: "a custom role has no data actions on an ABAC registry",
    mode: "abac",
    role: "custom",
    definition: everything,
    status: "warning",
  },
  {
    when: "a custom role has data actions on an ABAC registry",
    mode: "abac",
    role: "custom",
    definition: { actions: [], notActions: [], dataActions: [`${onRepository}/*/read`] },
    status: "ok",
  },
  { when: "a custom role has a condition", role: "custom", definition: everything, condition: "x", status: "warning" },
  { when: "a role was deleted", role: "deleted", status: "warning" },
];

function worldWith({ mode = "legacy", role, condition, definition }: Partial<RoleRow>) {
  const world = fakeWorld();
  world.azure.directory.principals.push({ id: "p-1", appId: client, enabled: true, identityId: "/kubelet" });
  if (role !== undefined) world.azure.directory.assignments.push({ ...assignment, principalId: "p-1", role, condition });
  if (definition) world.azure.directory.definitions.set("custom", { name: "custom", permissions: [definition as typeof everything] });
  world.azure.facts.mode = mode;
  return world;
}

test.for(roleRows)("checks the kubelet identity when $when", async ({ status, message = "", ...row }) => {
  const world = worldWith(row);

  const found = await checkKubeletIdentities(world.azure.azure(openInterruption()), "myregistry", [client]);

  expect(found).toMatchObject({ status, subject: "registry/myregistry", message: expect.stringContaining(message) });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { when: "Microsoft Graph refuses", call: "servicePrincipal", message: "Azure answers forbidden" },
  { when: "the roles cannot be read", call: "roleAssignments", message: "Azure answers forbidden" },
])("reports an unknown kubelet identity when $when", async ({ call, message }) => {
  const world = worldWith({ role: pullRole.legacy.id });
  world.asking.around(refusing(is(call), refusal("forbidden")));

  const found = await checkKubeletIdentities(world.azure.azure(openInterruption()), "myregistry", [client]);

  expect(found).toMatchObject({ status: "unknown", message: expect.stringContaining(message) });
});

test.for([
  { mode: "legacy", assigns: "AcrPull" },
  { mode: "abac", assigns: "Container Registry Repository Reader" },
] as const)("prints the command that assigns $assigns to the kubelet identity", async ({ mode, assigns }) => {
  const world = worldWith({ mode });

  const found = await checkKubeletIdentities(world.azure.azure(openInterruption()), "myregistry", [client]);

  expect(found?.next).toMatchObject({ words: expect.arrayContaining(["--assignee", client, "--role", assigns, "/registries/myregistry"]) });
});

test("prints no command that assigns a role to an application, which a node may name in its label", async () => {
  const world = worldWith({});
  for (const principal of world.azure.directory.principals) principal.identityId = undefined;

  const found = await checkKubeletIdentities(world.azure.azure(openInterruption()), "myregistry", [client]);

  expect(found).toMatchObject({ status: "warning", next: undefined });
});

test("reports the kubelet identity of another tenant as unknown, and judges by the worst of several", async () => {
  const world = worldWith({ role: pullRole.legacy.id });
  const other = "00000000-0000-4000-8000-000000000001";
  const check = (...ids: string[]) => checkKubeletIdentities(world.azure.azure(openInterruption()), "myregistry", ids);

  expect(await check(client, other)).toMatchObject({ status: "unknown", message: `the kubelet identity ${other} is not in your tenant` });
  world.azure.directory.principals.push({ id: "p-2", appId: other, enabled: true, identityId: "/other" });
  expect(await check(client, other)).toMatchObject({ status: "warning", message: expect.stringMatching(`${other} lacks .* myregistry$`) });
  expect(await check()).toBeUndefined();
});

test("counts the other kubelet identities with the same result", async () => {
  const { azure } = worldWith({});
  const ids = Array.from({ length: 40 }, () => crypto.randomUUID());

  const found = await checkKubeletIdentities(azure.azure(openInterruption()), "myregistry", [client, ...ids]);

  expect(found?.message).toBe(`the kubelet identity ${client} lacks the role AcrPull on myregistry`);
  for (const appId of ids) azure.directory.principals.push({ id: appId, appId, enabled: true });
  expect((await checkKubeletIdentities(azure.azure(openInterruption()), "myregistry", ids))?.message).toMatch(/ \(the same for 39 more\)$/);
});

test("ends when the run is interrupted", async () => {
  const world = worldWith({});
  const interruption = openInterruption();
  interruption.interrupt();
  const azure = world.azure.azure(interruption);

  await expect(checkAzure(Promise.resolve(azure), "myregistry")).rejects.toThrow(Interrupted);
  await expect(checkKubeletIdentities(azure, "myregistry", [client])).rejects.toThrow(Interrupted);
});
