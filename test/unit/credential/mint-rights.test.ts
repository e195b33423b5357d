import { expect, test } from "vitest";
import type { Permission } from "../../../src/azure/port.ts";
import { kindsOfCredential } from "../../../src/credential/kinds.ts";
import { mayMint, permits } from "../../../src/credential/mint-rights.ts";

const action = "Microsoft.ContainerRegistry/registries/tokens/write";
const role = (actions: string[], notActions: string[] = []): Permission => ({ actions, notActions });

test.for([
  { why: "everything", roles: [role(["*"])], may: true },
  { why: "all of the provider, in another case", roles: [role(["microsoft.containerregistry/*"])], may: true },
  { why: "a part in the middle", roles: [role(["Microsoft.ContainerRegistry/registries/*/write"])], may: true },
  { why: "only this action", roles: [role([action])], may: true },
  { why: "another action", roles: [role(["Microsoft.ContainerRegistry/registries/read"])], may: false },
  { why: "an action that is a prefix", roles: [role(["Microsoft.ContainerRegistry/registries/tokens"])], may: false },
  { why: "another character instead of a dot", roles: [role(["MicrosoftXContainerRegistry/*"])], may: false },
  { why: "an action that the role excludes", roles: [role(["*"], ["Microsoft.ContainerRegistry/registries/tokens/*"])], may: false },
  { why: "an action that one role excludes and another grants", roles: [role(["*"], ["*/write"]), role([action])], may: true },
  { why: "no action", roles: [], may: false },
])("answers $may whether a role permits it with $why", ({ roles, may }) => {
  expect(permits(roles, action)).toBe(may);
});

const registry = { mode: "legacy", adminUser: true, armAudience: true, network: "all" } as const;
const tokens = "Microsoft.ContainerRegistry/registries/tokens/*";
const maps = "Microsoft.ContainerRegistry/registries/scopeMaps/*";
const pull = "Microsoft.ContainerRegistry/registries/pull/read";
const content = "Microsoft.ContainerRegistry/registries/repositories/content/read";

type Row = {
  readonly credential: string;
  readonly permissions: Permission[] | undefined;
  readonly adminUser?: boolean;
  readonly mode?: "legacy" | "abac";
  readonly missing?: string;
  readonly unchecked?: string;
};

const unread = "the identity's permissions on the registry";
const graph = "Microsoft Graph: Application.ReadWrite.OwnedBy";

test.for<Row>([
  { credential: "acr-token", permissions: [role(["*"])] },
  {
    credential: "acr-token",
    permissions: [role(["*/read", tokens, maps])],
    missing: "Microsoft.ContainerRegistry/registries/generateCredentials/action",
  },
  { credential: "acr-token", permissions: undefined, unchecked: unread },
  {
    credential: "service-principal",
    permissions: [role(["*"])],
    unchecked: graph,
  },
  {
    credential: "service-principal",
    permissions: [role(["*"], ["Microsoft.Authorization/*/Write"])],
    missing: "Microsoft.Authorization/roleAssignments/write",
  },
  { credential: "service-principal", permissions: undefined, unchecked: `${unread}; ${graph}` },
  { credential: "admin", permissions: [role(["*"])] },
  {
    credential: "admin",
    permissions: [role(["*/read"])],
    missing: "Microsoft.ContainerRegistry/registries/listCredentials/action",
  },
  { credential: "admin", permissions: [role(["*"])], adminUser: false, missing: "the admin user is disabled" },
  { credential: "admin", permissions: undefined, adminUser: false, missing: "the admin user is disabled" },
  { credential: "entra", permissions: [role([pull])] },
  { credential: "entra", permissions: [role(["*/read"])] },
  { credential: "entra", permissions: [role([tokens])], missing: pull },
  { credential: "entra", permissions: undefined, unchecked: unread },
  { credential: "entra", mode: "abac", permissions: [role(["*"])], missing: content },
  { credential: "entra", mode: "abac", permissions: [{ ...role([]), dataActions: [content] }] },
  {
    credential: "entra",
    mode: "abac",
    permissions: [{ ...role(["*"]), dataActions: ["*"], notDataActions: ["*/read"] }],
    missing: content,
  },
  { credential: "entra", mode: "abac", permissions: undefined, unchecked: unread },
  { credential: "admin", mode: "abac", permissions: [role(["*"])] },
])(
  "answers $missing$unchecked for $credential with $permissions",
  ({ credential, permissions, adminUser = true, mode = "legacy", ...rights }) => {
    const answers = kindsOfCredential.flatMap((kind) => mayMint(kind, permissions, { ...registry, mode, adminUser }));

    expect(answers.find((one) => one.credential === credential)).toEqual({ credential, ...rights });
  },
);
