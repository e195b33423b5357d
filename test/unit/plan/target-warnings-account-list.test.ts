import { expect, test } from "vitest";
import type { Target } from "../../../src/plan/references.ts";
import { type Account, warnHidden, warnMountable } from "../../../src/plan/target-warnings.ts";

const template = (name: string, account = "app", ...names: string[]): Target => ({
  to: { kind: "deployment.apps", namespace: "demo", name, context: "prod" },
  names,
  version: "7",
  account,
});
const service: Target = { to: { kind: "serviceaccount", namespace: "demo", name: "app" }, names: [], version: "7" };
const account = (names: readonly string[], mountableOnly = false): Account => ({ name: "app", names, mountableOnly });
const there = { namespace: "demo", context: "prod" };

test.for<{ why: string; targets?: Target[]; attached?: string[]; accounts?: Account[]; told: object[] }>([
  {
    why: "the first name of a template takes its ServiceAccount's from its pods",
    accounts: [account(["theirs", "other"])],
    told: [
      {
        says: "deployment.apps/web had no list, and its pods no longer get what serviceaccount/app lists: theirs and other",
        fix: {
          do: "steps",
          steps: [
            { verb: "attach", secret: "acr", serviceaccounts: ["app"], ...there },
            { verb: "detach", secret: "acr", targets: ["deployment/web"], ...there },
          ],
        },
      },
    ],
  },
  {
    why: "the ServiceAccount has it already, so the template needs none",
    accounts: [account(["theirs", "acr"])],
    told: [{ says: expect.stringMatching(/lists: theirs$/), fix: { verb: "detach", secret: "acr", targets: ["deployment/web"] } }],
  },
  {
    why: "the ServiceAccount gets it in the same run",
    accounts: [account(["theirs"])],
    attached: ["app"],
    told: [{ fix: { verb: "detach", targets: ["deployment/web"] } }],
  },
  {
    why: "two of one ServiceAccount are told once",
    targets: [template("web"), template("api")],
    accounts: [account(["theirs"])],
    told: [{ says: expect.stringMatching(/^deployment.apps\/web and deployment.apps\/api had no list, and their pods no longer get /) }],
  },
  { why: "the ServiceAccount lists nothing", accounts: [account([])], told: [] },
  { why: "the ServiceAccount lists the Secret alone", accounts: [account(["acr"])], told: [] },
  { why: "an entry without a name is no loss", accounts: [account([""])], told: [] },
  { why: "the template had a list before", targets: [template("web", "app", "own")], accounts: [account(["theirs"])], told: [] },
  { why: "it runs as another ServiceAccount", targets: [template("web", "other")], accounts: [account(["theirs"])], told: [] },
  { why: "the ServiceAccount could not be read", told: [] },
  { why: "a ServiceAccount has no account", targets: [service], accounts: [account(["theirs"])], told: [] },
])("hides-account-list: $why", ({ targets = [template("web")], attached = [], accounts = [], told }) => {
  const warnings = warnHidden("acr", targets, attached, accounts);

  expect(warnings).toMatchObject(told);
  expect(warnings).toHaveLength(told.length);
  for (const warning of warnings) expect(warning).toMatchObject({ id: "hides-account-list", to: targets[0]?.to });
});

test.for<{ why: string; targets?: Target[]; attached?: string[]; accounts: Account[]; told: number }>([
  { why: "the ServiceAccount does not list it", accounts: [account([], true)], told: 1 },
  { why: "the ServiceAccount lists another", accounts: [account(["theirs"], true)], told: 1 },
  { why: "the ServiceAccount lists it", accounts: [account(["acr"], true)], told: 0 },
  { why: "the ServiceAccount gets it in the same run", accounts: [account([], true)], attached: ["app"], told: 0 },
  { why: "the ServiceAccount is not strict", accounts: [account([])], told: 0 },
  { why: "a template that has a list is refused too", targets: [template("web", "app", "acr")], accounts: [account([], true)], told: 1 },
  { why: "two are told once", targets: [template("web"), template("api")], accounts: [account([], true)], told: 1 },
  { why: "another ServiceAccount's", targets: [template("web", "other")], accounts: [account([], true)], told: 0 },
])("mountable-only: $why", ({ targets = [template("web")], attached = [], accounts, told }) => {
  const warnings = warnMountable("acr", targets, attached, accounts);

  expect(warnings).toHaveLength(told);
  for (const warning of warnings)
    expect(warning).toMatchObject({
      id: "mountable-only",
      to: targets[0]?.to,
      says: expect.stringMatching(
        /^serviceaccount\/app lets pods name only what it lists itself \(kubernetes.io\/enforce-mountable-secrets\), so those of deployment.apps\/web( and deployment.apps\/api)? will be refused$/,
      ),
      fix: { verb: "attach", secret: "acr", serviceaccounts: ["app"] },
    });
});
