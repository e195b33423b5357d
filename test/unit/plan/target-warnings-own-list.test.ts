import { expect, test } from "vitest";
import { type Lister, warnOwnLists } from "../../../src/plan/target-warnings.ts";

const app = { kind: "serviceaccount", namespace: "demo", name: "app" } as const;
const lister = (kind: string, name: string, names: readonly string[] = ["theirs"], account = "app"): Lister => ({
  of: { kind, name },
  account,
  names,
});
const web = { kind: "deployment.apps", namespace: "demo", name: "web" } as const;

const gets = "and gets none of those of serviceaccount/app";
const get = "and get none of those of serviceaccount/app";

test.for<{ why: string; listers: Lister[]; attached?: Parameters<typeof warnOwnLists>[1]; told: object[] }>([
  { why: "nobody has a list of its own", listers: [], told: [] },
  {
    why: "a template lists another",
    listers: [lister("Deployment", "web")],
    told: [
      {
        says: `deployment.apps/web has imagePullSecrets of its own, ${gets}, acr among them`,
        fix: { verb: "attach", secret: "acr", targets: ["deployment/web"] },
      },
    ],
  },
  { why: "a template lists it itself", listers: [lister("Deployment", "web", ["theirs", "acr"])], told: [] },
  { why: "a template runs as another ServiceAccount", listers: [lister("Deployment", "web", ["theirs"], "other")], told: [] },
  { why: "the template is a target too", listers: [lister("Deployment", "web")], attached: [app, web], told: [] },
  { why: "only the template is a target", listers: [lister("CronJob", "report")], attached: [web], told: [] },
  {
    why: "a list of entries without a name hides the ServiceAccount's too",
    listers: [lister("CronJob", "report", [""])],
    told: [{ fix: { targets: ["cronjob/report"] } }],
  },
  {
    why: "the template was read, and pods of it",
    listers: [lister("StatefulSet", "db"), lister("StatefulSet", "db")],
    told: [{ says: expect.stringMatching(/^statefulset.apps\/db has /), fix: { targets: ["statefulset/db"] } }],
  },
  {
    why: "what cannot be changed, and what we do not know",
    listers: [lister("Job", "migrate"), lister("Pod", "own"), lister("Rollout", "canary")],
    told: [
      {
        says: `job.batch/migrate, pod/own and rollout/canary have imagePullSecrets of their own, ${get}: make them anew with acr`,
      },
    ],
  },
  {
    why: "one that cannot be changed beside one that can",
    listers: [lister("Deployment", "web"), lister("Pod", "own")],
    told: [{ fix: { targets: ["deployment/web"] } }, { says: `pod/own has imagePullSecrets of its own, ${gets}: make it anew with acr` }],
  },
  {
    why: "many are told once, and ten of them are in the command",
    listers: Array.from({ length: 40 }, (_, index) => lister("Deployment", `web-${index}`)),
    told: [
      {
        says: `deployment.apps/web-0, deployment.apps/web-1, deployment.apps/web-2 and 37 more have imagePullSecrets of their own, ${get}, acr among them`,
        fix: { targets: Array.from({ length: 10 }, (_, index) => `deployment/web-${index}`) },
      },
    ],
  },
])("$why", ({ listers, attached = [app], told }) => {
  const warnings = warnOwnLists("acr", attached, listers);

  expect(warnings).toMatchObject(told);
  expect(warnings).toHaveLength(told.length);
  for (const warning of warnings) expect(warning).toMatchObject({ act: "warn", id: "own-list", to: app });
});

test("of what cannot be changed no command is given", () => {
  expect(warnOwnLists("acr", [app], [lister("Pod", "own")])).toMatchObject([{ id: "own-list", fix: undefined }]);
});
