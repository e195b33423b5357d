import { type Cause, causes } from "../../src/check/cause.ts";
import { CliError } from "../../src/errors.ts";
import { plugin } from "../../src/hint.ts";
import { errorItem, type Item, imageCheck, pullSecretItem } from "../../src/output/items.ts";

/** Text that ends a text, an element, a label or a line in one of the formats. */
export const hostile = "]]>\"'&<x>\\\n\u0000\u001b[31m\u202e\ud800\ufffe# EOF\n{}";

const formatCommand = () => `kubectl acr-secret create --registry '${hostile}'`;
export const now = new Date("2026-01-01T00:00:00Z");

const check = (image: string, cause: Cause, more: { readonly namespace?: string } = {}) =>
  imageCheck(
    {
      image,
      namespace: "demo",
      secret: "acr",
      account: "default",
      owners: [{ kind: "deployment", name: "web" }],
      pods: ["web-1"],
      cause,
      proof: "registry",
      fix: causes[cause].severity === "failure" ? plugin("create", "--registry", "r") : undefined,
      ...more,
    },
    formatCommand,
  );

/** The items of a check: one of each kind of result, hostile texts, and a namespace that can't be read. */
export const checks: readonly Item[] = [
  check("r.azurecr.io/a:1", "pulls"),
  check("r.azurecr.io/b:1", "no-login"),
  check("r.azurecr.io/c:1", "by-node"),
  // A pod of the same workload has another list of pull secrets
  check("r.azurecr.io/b:1", "no-login"),
  {
    ...check(hostile, "refused", { namespace: hostile }),
    message: hostile,
    registryMessages: [hostile],
    notes: [hostile],
    owners: [],
    serviceAccount: hostile,
  },
  errorItem(new CliError("forbidden", hostile, { hint: hostile }), { namespace: "other" }, formatCommand),
];

const login = (more: { readonly hosts: readonly string[]; readonly expiresAt?: string; readonly expiry?: "at" | "never" }) => ({
  kind: "acr-token",
  guessed: false,
  identity: "ci",
  slot: "",
  expiry: "unknown" as const,
  madeAt: undefined,
  by: undefined,
  previous: undefined,
  grants: { repositories: ["app/web"], from: "record" as const },
  ...more,
});

/** The items of a list: each kind of expiry, a login for two hosts, hostile texts, and the same host twice. */
export const secrets: readonly Item[] = [
  pullSecretItem({
    name: "acr",
    namespace: "demo",
    source: undefined,
    copies: ["team-a", "team-b"],
    file: { home: "platform", name: "teams" },
    serviceAccounts: ["default"],
    holdings: [
      login({ hosts: ["a.azurecr.io", "a.eastus.geo.azurecr.io"], expiry: "at", expiresAt: "2026-02-01T00:00:00Z" }),
      login({ hosts: ["b.azurecr.io"], expiry: "never" }),
      login({ hosts: ["c.azurecr.io"] }),
      login({ hosts: ["a.azurecr.io"], expiry: "at", expiresAt: "2026-01-15T00:00:00Z" }),
    ],
  }),
  pullSecretItem({
    name: hostile,
    namespace: "demo",
    source: { namespace: hostile, name: hostile },
    copies: [],
    file: { home: hostile, name: hostile },
    serviceAccounts: [],
    holdings: [{ ...login({ hosts: [hostile], expiry: "never" }), kind: hostile }],
  }),
];
