import { expect, test } from "vitest";
import { readTargetWords, type TargetFlags } from "../../../../cmd/line/target-words.ts";

const none: TargetFlags = { serviceaccount: [], "all-serviceaccounts": false, all: false, selector: undefined, "where-used": false };
const read = (words: string, flags: Partial<TargetFlags> = {}) => readTargetWords(words.split(" ").filter(Boolean), { ...none, ...flags });

/** Formats the selection in a word: `deployment.apps/web,api*`. */
const shown = (words: string, flags?: Partial<TargetFlags>) => {
  const { secret, targets } = read(words, flags);
  const picks = targets.picks.map(
    ({ kind, names, globs, selector = "" }) => `${kind}/${[...names, ...globs]}${selector && ` -l ${selector}`}`,
  );
  return [secret ?? "-", ...picks];
};

test.for<{ words: string; flags?: Partial<TargetFlags>; means: string[] }>([
  { words: "", means: ["-"] },
  { words: "acr", means: ["acr"] },
  { words: "secret/acr", means: ["acr"] },
  { words: "deploy", means: ["deploy"] },
  { words: "acr deployment/web", means: ["acr", "deployment.apps/web"] },
  { words: "deploy/web", means: ["-", "deployment.apps/web"] },
  { words: "deploy deploy/web", means: ["deploy", "deployment.apps/web"] },
  { words: "deploy web", means: ["-", "deployment.apps/web"] },
  { words: "acr deploy web api", means: ["acr", "deployment.apps/web,api"] },
  { words: "acr deploy,sts web", means: ["acr", "deployment.apps/web", "statefulset.apps/web"] },
  {
    words: "acr deploy/web sts/db ds/x cj/y rs/z rc/r job/j po/p sa/s",
    means: [
      "acr",
      "deployment.apps/web",
      "statefulset.apps/db",
      "daemonset.apps/x",
      "cronjob.batch/y",
      "replicaset.apps/z",
      "replicationcontroller/r",
      "job.batch/j",
      "pod/p",
      "serviceaccount/s",
    ],
  },
  {
    words: "acr deployments.apps/web Deployment.v1.apps/api pods.v1/p jobs.batch/j",
    means: ["acr", "deployment.apps/web,api", "pod/p", "job.batch/j"],
  },
  { words: "acr deploy/web-* deploy/api deploy/api", means: ["acr", "deployment.apps/api,web-*"] },
  { words: "acr deployments", flags: { all: true }, means: ["acr", "deployment.apps/*"] },
  { words: "deployments", flags: { all: true }, means: ["-", "deployment.apps/*"] },
  { words: "deploy,ds", flags: { all: true }, means: ["-", "deployment.apps/*", "daemonset.apps/*"] },
  { words: "acr deploy", flags: { selector: "app=web" }, means: ["acr", "deployment.apps/* -l app=web"] },
  { words: "acr", flags: { selector: "app=web" }, means: ["acr", "serviceaccount/* -l app=web"] },
  { words: "acr", flags: { "all-serviceaccounts": true }, means: ["acr", "serviceaccount/*"] },
  { words: "acr", flags: { serviceaccount: ["web", "web", "ci-*"] }, means: ["acr", "serviceaccount/web,ci-*"] },
  { words: "acr sa/web deploy/web", flags: { serviceaccount: ["ci"] }, means: ["acr", "serviceaccount/ci,web", "deployment.apps/web"] },
  {
    words: "acr deploy",
    flags: { selector: "a=b", serviceaccount: ["ci"] },
    means: ["acr", "serviceaccount/ci", "deployment.apps/* -l a=b"],
  },
  { words: "acr", flags: { "where-used": true }, means: ["acr"] },
])("reads `$words` $flags", ({ words, flags, means }) => {
  expect(shown(words, flags)).toEqual(means);
});

test.for<{ words: string; flags?: Partial<TargetFlags>; error: string | RegExp; hint?: string }>([
  {
    words: "acr web",
    error: 'invalid target "web": specify its kind, as in KIND/NAME',
    hint: "did you mean deployment/web or serviceaccount/web?",
  },
  { words: "acr svc/web", error: /^invalid kind "svc": a target must be a serviceaccount, deployment, .* or pod$/ },
  { words: "acr deployments.batch/web", error: /^invalid kind "deployments.batch"/ },
  { words: "acr deploy/", error: "a target must have a name" },
  { words: "acr deploy/web/x", error: 'invalid target name "web/x"' },
  { words: "acr deploy/..", error: 'invalid target name ".."' },
  { words: "acr deploy", error: "resource(s) were provided, but no name was specified: deployment/NAME, or deployments --all" },
  { words: "acr deploy deploy/web", error: 'invalid target "deploy/web": omit either its kind or the kind before it' },
  { words: "acr deploy web", flags: { all: true }, error: /^--all cannot be combined with the name/ },
  { words: "acr deploy/web", flags: { all: true }, error: /^--all cannot be combined with the name/ },
  { words: "acr", flags: { all: true }, error: /^--all requires a kind, as in deployments --all/ },
  { words: "acr deploy/web", flags: { selector: "a=b" }, error: "name cannot be provided when a selector is specified" },
  { words: "acr deploy web", flags: { selector: "a=b" }, error: "name cannot be provided when a selector is specified" },
  { words: "acr deploy/web", flags: { "where-used": true }, error: /^--where-used cannot be combined/ },
  { words: "acr", flags: { "where-used": true, serviceaccount: ["web"] }, error: /^--where-used cannot be combined/ },
  {
    words: "acr",
    flags: { serviceaccount: ["web"], selector: "a=b" },
    error: "--serviceaccount cannot be combined with --all-serviceaccounts or --selector",
  },
  { words: "a/b deploy/web", error: /^invalid kind "a": a target must be/ },
  { words: "service/web", error: /^invalid kind "service": a target must be/ },
  { words: "a/b/c deploy/web", error: 'invalid Secret name "a/b/c"' },
])("rejects `$words` $flags", ({ words, flags, error, hint }) => {
  expect(() => read(words, flags)).toThrow(
    expect.objectContaining({
      kind: "usage",
      message: typeof error === "string" ? error : expect.stringMatching(error),
      ...(hint && { hint }),
    }),
  );
});
