import { expect, test } from "vitest";
import type { Cause } from "../../../src/check/cause.ts";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { judgeOnNode } from "../../../src/check/on-node.ts";
import { formatCommand } from "../../../src/hint.ts";
import type { NodeAnswer, PullCause } from "../../../src/kubelet/message.ts";
import { create, facts, noLogin, note, pod, proof, secret, tried } from "../../support/situations/verdicts.ts";

const pulled: NodeAnswer = { node: "n1", failures: [] };
const failed = (...list: readonly PullCause[]): NodeAnswer => ({
  node: "n1",
  failures: list.map((cause) => ({ cause, text: `${cause}!` })),
});
const failures = [{ cause: "unreachable", text: "old" }] as const;
const expired = secret("a", { note: note("made", { expiresAt: "2026-01-01T00:00:00Z" }) });

type Row = {
  readonly when: string;
  readonly given: Partial<ImageFacts>;
  readonly answer: NodeAnswer;
  readonly cause: Cause;
  readonly secret?: string;
  readonly message?: string;
  readonly firstNote?: string;
  readonly notes?: readonly string[];
  readonly fix?: string;
};

const rows: readonly Row[] = [
  { when: "both pull", given: { tried: [tried("a", "refused"), tried("b", "pulls")] }, answer: pulled, cause: "pulls", secret: "b" },
  {
    when: "only the node reaches the registry",
    given: { tried: [tried("a", "unreachable")] },
    answer: pulled,
    cause: "pulls",
    secret: "a",
  },
  {
    when: "the node pulls with one of two logins that this machine can't test",
    given: { tried: [tried("a", "unreachable"), tried("b", "unreachable")] },
    answer: pulled,
    cause: "pulls",
    secret: "a,b",
  },
  { when: "the node pulls with a Secret that you may not read", given: { unread: ["a"] }, answer: pulled, cause: "pulls", secret: "a" },
  {
    when: "the node fails with a Secret that you may not read",
    given: { unread: ["a"] },
    answer: failed("refused"),
    cause: "refused",
    message: "with secret a: node n1 says: refused!",
  },
  { when: "the node pulls without a login", given: noLogin, answer: pulled, cause: "anonymous", secret: "" },
  {
    when: "pods run from a cached image and the node pulls",
    given: { ...noLogin, pods: [pod("a", { pulled: true })] },
    answer: pulled,
    cause: "anonymous",
  },
  {
    when: "pods run from a cached image and the node has no login",
    given: { ...noLogin, pods: [pod("a", { pulled: true })] },
    answer: failed("no-login"),
    cause: "no-login",
    message: "the pod has no pull secret for this registry",
    firstNote: "node n1 says: no-login!",
    fix: `${create} --where-used`,
  },
  {
    when: "only new pods have the Secret that this machine can't test",
    given: { attachedLater: tried("l", "unreachable") },
    answer: pulled,
    cause: "older-pod",
    message: "the pod was created before secret l was attached to serviceaccount/sa",
    fix: "kubectl acr-secret attach -n demo l --where-used",
  },
  {
    when: "the pod's own list pulls, although the ServiceAccount has another Secret",
    given: { names: ["x"], attachedLater: tried("l", "refused") },
    answer: pulled,
    cause: "anonymous",
  },
  {
    when: "an older failure is of the same node",
    given: { tried: [tried("a", "pulls")], pods: [pod("web-1", { node: "n1", failures })] },
    answer: pulled,
    cause: "pulls",
  },
  {
    when: "the policy of a pod on the same node is Never",
    given: { tried: [tried("a", "pulls")], pods: [pod("web-1", { node: "n1", failures: [{ cause: "never-pulled", text: "Never" }] })] },
    answer: pulled,
    cause: "never-pulled",
  },
  {
    when: "a pod fails on another node",
    given: { tried: [tried("a", "pulls")], pods: [pod("web-1", { node: "n2", failures })] },
    answer: pulled,
    cause: "unreachable",
    message: "the node of pod/web-1 says: old",
  },
  {
    when: "only this machine reaches the registry",
    given: { tried: [tried("a", "pulls")] },
    answer: failed("unreachable"),
    cause: "unreachable",
    secret: "a",
    message: "with secret a: node n1 says: unreachable!",
    firstNote: "from this machine: ready",
  },
  {
    when: "only the node is refused, maybe by a mirror",
    given: { tried: [tried("a", "pulls")] },
    answer: failed("refused"),
    cause: "refused",
    notes: [
      "from this machine: ready",
      "if the container runtime of the node has a mirror for the registry, the answer may be that of the mirror",
      "the registry does not say whether the password is wrong, expired or deleted, or the token is disabled",
    ],
  },
  {
    when: "the node has another platform",
    given: { tried: [tried("a", "pulls")] },
    answer: failed("other-platform"),
    cause: "other-platform",
    message: "with secret a: node n1 says: other-platform!",
    firstNote: "from this machine: ready",
  },
  {
    when: "this machine can't test an expired login",
    given: { tried: [tried("a", "unreachable")], secrets: [expired] },
    answer: failed("refused"),
    cause: "expired",
    message: "with secret a: its password expired 9 days ago (2026-01-01T00:00:00Z)",
  },
  {
    when: "both find the same failure",
    given: { tried: [tried("a", "refused")], secrets: [expired] },
    answer: failed("refused"),
    cause: "expired",
    firstNote: "node n1 says: refused!",
  },
  {
    when: "only this machine knows that the whole repository is missing",
    given: { tried: [tried("a", "not-found")], noRepository: { similar: [] } },
    answer: failed("not-found"),
    cause: "no-repository",
    firstNote: "node n1 says: not-found!",
  },
  {
    when: "the runtime fails in a way that this version doesn't recognize",
    given: { tried: [tried("a", "pulls")] },
    answer: failed("unknown"),
    cause: "unknown",
    message: "node n1 says: unknown!",
  },
  {
    when: "two logins fail on the node",
    given: { tried: [tried("a", "unreachable"), tried("b", "unreachable")], secrets: [secret("a"), secret("b")] },
    answer: failed("refused", "out-of-scope"),
    cause: "out-of-scope",
    secret: "b",
  },
  {
    when: "two logins fail in the same way",
    given: { tried: [tried("a", "unreachable"), tried("b", "unreachable")] },
    answer: failed("not-found"),
    cause: "not-found",
    secret: "a",
  },
  {
    when: "the kubelet used none of the logins",
    given: { tried: [tried("a", "pulls")] },
    answer: failed("no-login"),
    cause: "no-login",
    message: "node n1 says: no-login!",
    firstNote: "from this machine: ready",
  },
  {
    when: "a public image is missing",
    given: { anonymous: proof("unreachable") },
    answer: failed("not-found"),
    cause: "not-found",
    message: "node n1 says: not-found!",
  },
  {
    when: "a Secret is malformed",
    given: { malformed: { secret: "a", message: "bad" }, secrets: [secret("a")] },
    answer: failed("malformed-secret"),
    cause: "malformed-secret",
    secret: "a",
    firstNote: "node n1 says: malformed-secret!",
  },
  {
    when: "the pod was rejected",
    given: { tried: [tried("a", "pulls")] },
    answer: { unproven: "quota" },
    cause: "not-checked",
    message: "quota",
    firstNote: "from this machine: ready",
  },
  ...(["blocked", "pulls"] as const).map((here) => ({
    when: `the firewall blocks the node, and this machine finds ${here}`,
    given: { tried: [tried("a", here)] },
    answer: failed("blocked"),
    cause: "blocked" as const,
    notes: [here === "blocked" ? "node n1 says: blocked!" : "from this machine: ready", "the command only lists the firewall rules"],
  })),
  ...(["refused", "blocked"] as const).map((cause) => ({
    when: `the pod was rejected and this machine found ${cause}`,
    given: { tried: [tried("a", cause)] },
    answer: { unproven: "quota" },
    cause,
    firstNote: "not proven in the cluster: quota",
  })),
];

test.for(rows)("returns $cause when $when", ({ when: _, given, answer, ...expected }) => {
  const { fix, notes = [], ...verdict } = judgeOnNode({ ...facts, ...given }, answer);

  expect({ ...verdict, notes, firstNote: notes[0], fix: fix && formatCommand(fix) }).toMatchObject({
    ...expected,
    proof: "unproven" in answer ? "registry" : "cluster",
  });
});
