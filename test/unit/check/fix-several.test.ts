import { expect, test } from "vitest";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { judged, noLogin, note, pod, r, secret, tried } from "../../support/situations/verdicts.ts";

test.for<{ what: string; given: Partial<ImageFacts>; message: string; fix: string }>([
  {
    what: "two writers beside us are both told",
    given: {
      tried: [tried("n", "refused")],
      names: ["n"],
      secrets: [secret("n", { note: note("made", { again: { flags: {} } }), writers: ["helm", "kubectl-edit"] })],
    },
    message: 'with secret n: says refused; "helm" and "kubectl-edit" have written to it, and --force takes that over',
    fix: `kubectl acr-secret create -n demo n --registry ${r} --force`,
  },
  {
    what: "a pod with names of its own and one that copied them are both made anew",
    given: {
      ...noLogin,
      names: ["n"],
      secrets: [secret("n", { servers: ["ghcr.io"] })],
      pods: [pod("copied", { owner: undefined }), pod("own", { own: true, owner: undefined })],
    },
    message: "secret n has a login for ghcr.io only",
    fix: `kubectl acr-secret create -n demo pod/own pod/copied --registry ${r} --serviceaccount sa --recreate`,
  },
  {
    what: "of two logins that do not pull, neither ours, the last that was tried is told",
    given: { tried: [tried("a", "out-of-scope"), tried("b", "refused")], secrets: [secret("a"), secret("b")] },
    message: "with secret b: says refused; it was not made by kubectl acr-secret, and --force replaces the login inside",
    fix: `kubectl acr-secret create -n demo b --registry ${r} --force`,
  },
])("$what", ({ given, message, fix }) => {
  expect(judged(given)).toMatchObject({ message, fix });
});
