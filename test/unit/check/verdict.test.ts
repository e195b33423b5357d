import { describe, expect, test } from "vitest";
import { spell } from "../../../cmd/line/spell.ts";
import type { Cause } from "../../../src/check/cause.ts";
import type { ImageFacts, Note, PodFacts, SecretFacts, Tried } from "../../../src/check/facts.ts";
import { judge } from "../../../src/check/verdict.ts";
import type { Proof } from "../../../src/context.ts";

const r = "r1234.azurecr.io";
const proof = (verdict: Proof["verdict"]): Proof => ({ verdict, message: `says ${verdict}` });
const tried = (secret: string, verdict: Proof["verdict"]): Tried => ({ secret, username: "u", proof: proof(verdict) });
const note = (renewal: Note["renewal"], more: Partial<Note> = {}): Note => ({
  renewal,
  identity: "ci-pull",
  derived: false,
  expiresAt: undefined,
  expiresIn: undefined,
  ...more,
});
const secret = (name: string, more: Partial<SecretFacts> = {}): SecretFacts => ({
  name,
  note: undefined,
  servers: [r],
  skipped: [],
  ...more,
});
const deployment = (name: string) => ({ kind: "replicaset", name: `${name}-1`, remakes: true, template: { kind: "deployment", name } });
const daemonset = { kind: "daemonset", name: "d", remakes: true, template: { kind: "daemonset", name: "d" } };
const job = { kind: "job", name: "j", remakes: false, template: undefined };
const pod = (name: string, more: Partial<PodFacts> = {}): PodFacts => ({
  name,
  container: "app",
  pulled: false,
  own: false,
  owner: deployment("web"),
  says: [],
  ...more,
});

const facts: ImageFacts = {
  image: `${r}/app/web:1`,
  ref: { host: r, repository: "app/web", reference: "1" },
  azure: { registry: "r1234", loginServer: r, otherwise: undefined },
  namespace: "demo",
  account: "sa",
  pods: [pod("web-1")],
  names: [],
  only: false,
  secrets: [],
  tried: [],
  anonymous: undefined,
  poison: undefined,
  late: undefined,
  unattached: [],
  matchesLoginServer: false,
  fresh: { name: "acr-r1234", isDefault: true },
  hasOtherTags: true,
  now: new Date("2026-01-10T00:00:00Z"),
};
const judged = (more: Partial<ImageFacts>) => {
  const { fix, ...row } = judge({ ...facts, ...more });
  return { ...row, fix: fix && spell(fix) };
};
const noLogin = { anonymous: proof("refused") };
const otherwise = (kind: "port" | "capitals" | "region") => ({ azure: { registry: "r1234", loginServer: r, otherwise: kind } });
const create = `kubectl acr-secret create --registry ${r}`;

describe("which cause counts", () => {
  test.for<{ what: string; given: Partial<ImageFacts>; cause: Cause; secret: string; message?: string }>([
    { what: "the first login that pulls", given: { tried: [tried("a", "refused"), tried("b", "pulls")] }, cause: "pulls", secret: "b" },
    {
      what: "what is no refusal of a login",
      given: { tried: [tried("a", "refused"), tried("b", "not-found"), tried("c", "refused")] },
      cause: "not-found",
      secret: "b",
      message: "with secret b: says not-found",
    },
    {
      what: "of refusals the last",
      given: { tried: [tried("a", "refused"), tried("b", "out-of-scope")] },
      cause: "out-of-scope",
      secret: "b",
    },
    {
      what: "of refusals ours",
      given: {
        tried: [tried("a", "out-of-scope"), tried("b", "refused")],
        secrets: [secret("b"), secret("a", { note: note("made", { derived: true }) })],
      },
      cause: "out-of-scope",
      secret: "a",
    },
    {
      what: "a malformed Secret before all",
      given: { poison: { secret: "x", message: "bad" }, tried: [tried("b", "pulls")], secrets: [secret("x")] },
      cause: "malformed-secret",
      secret: "x",
    },
    {
      what: "an anonymous refusal of the scope is none of a login",
      given: { anonymous: proof("out-of-scope") },
      cause: "no-login",
      secret: "",
    },
    {
      what: "an anonymous answer that is no refusal",
      given: { anonymous: proof("not-found") },
      cause: "not-found",
      secret: "",
      message: "says not-found",
    },
    { what: "nothing that anybody said", given: {}, cause: "unknown", secret: "" },
    {
      what: "every pod's node has it",
      given: { ...noLogin, pods: [pod("a", { pulled: true }), pod("b", { pulled: true })] },
      cause: "by-node",
      secret: "",
    },
    {
      what: "one pod's node has it not",
      given: { ...noLogin, pods: [pod("a", { pulled: true }), pod("b")] },
      cause: "no-login",
      secret: "",
    },
    {
      what: "several logins that were tried",
      given: { tried: [tried("a", "refused")], late: tried("l", "pulls") },
      cause: "older-pod",
      secret: "a",
    },
    {
      what: "a later Secret is of no use to a pod that names its own",
      given: { tried: [tried("a", "refused")], late: tried("l", "pulls"), pods: [pod("a", { own: true })] },
      cause: "refused",
      secret: "a",
    },
    {
      what: "an end that has not come",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { note: note("made", { expiresAt: "2026-01-10T00:00:01Z" }) })] },
      cause: "refused",
      secret: "a",
    },
    {
      what: "an end that has come just now",
      given: {
        tried: [tried("a", "refused")],
        secrets: [secret("a", { note: note("made", { derived: true, expiresAt: "2026-01-10T00:00:00Z" }) })],
      },
      cause: "expired",
      secret: "a",
      message: "with secret a: its password expired 0 s ago (2026-01-10T00:00:00Z)",
    },
    {
      what: "another Secret's end",
      given: {
        tried: [tried("a", "refused")],
        secrets: [secret("b", { note: note("made", { expiresAt: "2026-01-01T00:00:00Z" }) }), secret("a")],
      },
      cause: "refused",
      secret: "a",
    },
    {
      what: "an end is not why it may not pull",
      given: {
        tried: [tried("a", "out-of-scope")],
        secrets: [secret("a", { note: note("made", { expiresAt: "2026-01-01T00:00:00Z" }) })],
      },
      cause: "out-of-scope",
      secret: "a",
    },
  ])("$what: $cause", ({ given, cause, secret: from, message }) => {
    const row = judged(given);

    expect({ cause: row.cause, secret: row.secret }).toEqual({ cause, secret: from });
    if (message) expect(row.message).toBe(message);
  });

  test.for([
    ["2026-01-09T23:59:59Z", "1 s"],
    ["2026-01-09T23:58:01Z", "119 s"],
    ["2026-01-09T23:58:00Z", "2 min"],
    ["2026-01-09T22:00:01Z", "119 min"],
    ["2026-01-09T22:00:00Z", "2 h"],
    ["2026-01-08T00:00:01Z", "47 h"],
    ["2026-01-08T00:00:00Z", "2 days"],
    ["2025-12-10T12:00:00Z", "30 days"],
  ] as const)("a password that ended at %s expired %s ago", ([expiresAt, ago]) => {
    const held = secret("a", { note: note("made", { derived: true, expiresAt }) });

    expect(judged({ tried: [tried("a", "refused")], secrets: [held] }).message).toBe(
      `with secret a: its password expired ${ago} ago (${expiresAt})`,
    );
  });

  test.for<{ cause: Cause; lasts: boolean }>([
    ...(["other-platform", "never-pulled", "unreachable", "untrusted", "blocked"] as const).map((cause) => ({ cause, lasts: true })),
    ...(["refused", "no-login", "out-of-scope", "not-found", "throttled", "unknown"] as const).map((cause) => ({ cause, lasts: false })),
  ])("what a node says where it pulls from here: $cause", ({ cause, lasts }) => {
    const says = [{ cause: cause as never, text: "why" }];
    const pods = [pod("ready", { pulled: true, says }), pod("web-1", { says })];
    const row = judged({ pods, tried: [tried("a", "pulls")] });
    const anonymous = judged({ pods, anonymous: proof("pulls") });
    const others = judged({ pods, azure: undefined });

    const told = { cause, message: "the node of pod/web-1 says: why", fix: undefined };
    expect(row).toMatchObject(lasts ? { ...told, secret: "a" } : { cause: "pulls", secret: "a", message: undefined });
    expect(anonymous).toMatchObject(lasts ? { ...told, secret: "" } : { cause: "anonymous", secret: "" });
    expect(others).toMatchObject(told);
    expect(judged({ pods: [pod("ready", { pulled: true, says })], tried: [tried("a", "pulls")] }).cause).toBe("pulls");
  });
});

describe("what mends it", () => {
  test.for<{ what: string; given: Partial<ImageFacts>; message?: string; fix: string | undefined }>([
    // By the ServiceAccount, by a template, and by hand
    {
      what: "pods of every kind that copy their names",
      given: { ...noLogin, pods: [pod("web-1"), pod("own", { owner: undefined }), pod("j-1", { owner: job })] },
      message:
        "the pod has no pull secret for this registry; pod/j-1 has to be made again by job/j, which may count a deletion as a failure",
      fix: `${create} --serviceaccount sa -n demo && kubectl get pod own -o yaml -n demo | kubectl replace --force -f - -n demo`,
    },
    {
      what: "a pod that copied names and has no controller",
      given: { ...noLogin, names: ["n"], secrets: [secret("n", { servers: ["ghcr.io"] })], pods: [pod("own", { owner: undefined })] },
      message:
        "secret n has a login for ghcr.io only; the imagePullSecrets of pod/own cannot be changed: create it again with secret acr-r1234",
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "pods that name their own, of two workloads",
      given: {
        ...noLogin,
        names: ["n"],
        secrets: [secret("n", { servers: ["ghcr.io"] })],
        pods: [
          pod("a-1", { own: true, owner: deployment("a") }),
          pod("a-2", { own: true, owner: deployment("a") }),
          pod("d-1", { own: true, owner: daemonset }),
        ],
      },
      message:
        "secret n has a login for ghcr.io only; deployment/a and daemonset/d name their pull secrets themselves, so serviceaccount/sa does not help",
      fix: `${create} -n demo && kubectl patch deployment a -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"acr-r1234"}]}}}}' -n demo && kubectl patch daemonset d -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"acr-r1234"}]}}}}' -n demo && kubectl delete pod d-1 -n demo`,
    },
    {
      what: "pods that name their own, and nothing has their template",
      given: {
        ...noLogin,
        names: ["n"],
        secrets: [secret("n", { servers: ["ghcr.io"] })],
        pods: [pod("x", { own: true, owner: undefined }), pod("j-1", { own: true, owner: job })],
      },
      message:
        "secret n has a login for ghcr.io only; the imagePullSecrets of pod/x and pod/j-1 cannot be changed: create them again with secret acr-r1234",
      fix: `${create} -n demo`,
    },
    {
      what: "some pods copy, some name their own",
      given: {
        ...noLogin,
        names: ["n"],
        secrets: [secret("n", { servers: ["ghcr.io"] })],
        pods: [pod("web-1"), pod("a-1", { own: true, owner: deployment("a") })],
      },
      fix: `${create} --serviceaccount sa -n demo && kubectl patch deployment a -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"acr-r1234"}]}}}}' -n demo`,
    },
    {
      what: "pods whose node has it are left alone",
      given: {
        ...noLogin,
        names: ["n"],
        secrets: [secret("n", { servers: ["ghcr.io"] })],
        pods: [pod("done", { pulled: true, own: true, owner: deployment("b") }), pod("web-1")],
      },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "a refused login of pods that all have it already",
      given: {
        tried: [tried("n", "refused")],
        names: ["n"],
        secrets: [secret("n", { servers: [r, "ghcr.io"] })],
        pods: [pod("done", { pulled: true })],
      },
      fix: `${create} --serviceaccount sa -n demo`,
    },

    // Older pods
    {
      what: "older pods of every kind",
      given: {
        ...noLogin,
        late: tried("l", "pulls"),
        pods: [pod("web-1"), pod("web-2"), pod("own", { owner: undefined }), pod("j-1", { owner: job }), pod("done", { pulled: true })],
      },
      message: "made before serviceaccount/sa carried l; pod/j-1 has to be made again by job/j, which may count a deletion as a failure",
      fix: "kubectl delete pod web-1 web-2 -n demo && kubectl get pod own -o yaml -n demo | kubectl replace --force -f - -n demo",
    },
    {
      what: "an older pod with names and no controller",
      given: { ...noLogin, names: ["n"], late: tried("l", "pulls"), pods: [pod("own", { owner: undefined })] },
      message: "made before serviceaccount/sa carried l; the imagePullSecrets of pod/own cannot be changed: create it again",
      fix: undefined,
    },
    {
      what: "a later Secret that nothing renews",
      given: { ...noLogin, late: tried("l", "unreachable") },
      message: "with secret l: says unreachable; made before serviceaccount/sa carried l",
      fix: undefined,
    },
    {
      what: "a later Secret that may not pull, and a Job",
      given: {
        ...noLogin,
        late: tried("l", "out-of-scope"),
        secrets: [secret("l", { note: note("made") })],
        pods: [pod("j-1", { owner: job })],
      },
      message:
        "with secret l: says out-of-scope; made before serviceaccount/sa carried l; pod/j-1 has to be made again by job/j, which may count a deletion as a failure",
      fix: `kubectl acr-secret create l --registry ${r} --repository app/web --acr-token ci-pull -n demo`,
    },

    // Renewing and widening
    {
      what: "a kind that a newer version made",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { note: note("unknown") })] },
      fix: `kubectl acr-secret create a --registry ${r} -n demo`,
    },
    { what: "a Secret that nobody knows", given: { tried: [tried("a", "refused")], secrets: [] }, fix: undefined },
    {
      what: "one that may not pull and nobody knows",
      given: { tried: [tried("a", "out-of-scope")], secrets: [secret("other", { note: note("made") })] },
      fix: undefined,
    },
    {
      what: "a kind that is not ours to widen",
      given: {
        tried: [tried("a", "out-of-scope")],
        secrets: [secret("a", { note: note("given") })],
        fresh: { name: "acr-r1234-pull", isDefault: false },
      },
      fix: `kubectl acr-secret create acr-r1234-pull --registry ${r} --repository app/web --serviceaccount sa -n demo`,
    },
    {
      what: "somebody else's, which may not pull",
      given: { tried: [tried("a", "out-of-scope")], secrets: [secret("a")] },
      fix: `${create} --repository app/web --serviceaccount sa -n demo`,
    },
    {
      what: "a login for the port",
      given: {
        ...otherwise("port"),
        ref: { ...facts.ref, host: `${r}:443` },
        tried: [tried("a", "refused")],
        secrets: [secret("a", { note: note("made") })],
      },
      message: "with secret a: says refused; its password was given, so a new one has to be: put it into PASSWORD",
      fix: `printf %s "$PASSWORD" | kubectl acr-secret create a --registry ${r}:443 --username ci-pull --password-stdin -n demo`,
    },
    {
      what: "somebody else's login for the port",
      given: {
        ...otherwise("port"),
        image: `${r}:443/app/web:1`,
        ref: { ...facts.ref, host: `${r}:443` },
        tried: [tried("a", "refused")],
        secrets: [secret("a", { servers: [`${r}:443`] })],
        matchesLoginServer: true,
      },
      fix: `kubectl set image deployment/web app=${r}/app/web:1 -n demo`,
    },
    {
      what: "somebody else's login for a regional endpoint",
      given: {
        ...otherwise("region"),
        ref: { ...facts.ref, host: "r1234.eu.geo.azurecr.io" },
        namespace: "a.b",
        tried: [tried("a", "refused")],
        secrets: [secret("a", { servers: ["r1234.eu.geo.azurecr.io"] })],
      },
      message: `with secret a: says refused; a login for ${r} does not match r1234.eu.geo.azurecr.io`,
      fix: "az acr token create --name a-b-acr-r1234-regional --registry r1234 --repository app/web content/read metadata/read --query 'credentials.passwords[0].value' -o tsv | kubectl acr-secret create acr-r1234-regional --registry r1234.eu.geo.azurecr.io --repository app/web --serviceaccount sa --username a-b-acr-r1234-regional --password-stdin -n a.b",
    },
    {
      what: "a token's name has at most 50 letters",
      given: { ...otherwise("region"), ...noLogin, namespace: "n".repeat(60) },
      fix: `az acr token create --name ${"n".repeat(50)} --registry r1234 --repository app/web content/read metadata/read --query 'credentials.passwords[0].value' -o tsv | kubectl acr-secret create acr-r1234-regional --registry ${r} --repository app/web --serviceaccount sa --username ${"n".repeat(50)} --password-stdin -n ${"n".repeat(60)}`,
    },
    {
      what: "somebody else's, beside a longer host",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [r, `${r}.evil.io`] })] },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "somebody else's, with paths and schemes",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [`http://${r}/v2/`, `https://${r}`, `${r}/app`] })] },
      fix: `kubectl acr-secret create a --registry ${r} --force -n demo`,
    },
    {
      what: "somebody else's, with a key that hides the host",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [`ghcr.io/https://${r}`] })] },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "somebody else's, that cannot be read",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: undefined })] },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "only that Secret, with other logins",
      given: { only: true, tried: [tried("a", "refused")], secrets: [secret("a", { servers: [r, "ghcr.io"] })] },
      fix: undefined,
    },

    // No login
    {
      what: "of several Secrets beside, the one that pulls",
      given: {
        ...noLogin,
        unattached: [tried("x", "refused"), tried("y", "pulls")],
        secrets: [secret("x", { note: note("made") }), secret("y")],
      },
      fix: "kubectl acr-secret attach y --serviceaccount sa -n demo",
    },
    {
      what: "beside is a Secret that was given and may not",
      given: {
        ...noLogin,
        unattached: [tried("x", "out-of-scope")],
        secrets: [secret("y", { note: note("made") }), secret("x", { note: note("given") })],
      },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "beside is a Secret that nobody knows",
      given: { ...noLogin, unattached: [tried("x", "out-of-scope")], secrets: [] },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "an empty Secret of ours",
      given: { ...noLogin, names: ["e"], secrets: [secret("e", { servers: [], note: note("made", { derived: true }) })] },
      fix: `kubectl acr-secret create e --registry ${r} -n demo`,
    },
    {
      what: "an empty Secret that the pod does not name",
      given: { ...noLogin, names: [], secrets: [secret("e", { servers: [] })] },
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "a name that is none before one that is missing",
      given: { ...noLogin, names: ["a/b", "gone"] },
      message: 'secrets "a/b" and gone do not exist',
      fix: `kubectl acr-secret create gone --registry ${r} -n demo`,
    },
    {
      what: "several Secrets that do not do",
      given: { ...noLogin, names: ["a", "b"], secrets: [secret("a", { servers: ["ghcr.io"] }), secret("b", { skipped: ["is odd"] })] },
      message: "secret a has a login for ghcr.io only; secret b is odd",
      fix: `${create} --serviceaccount sa -n demo`,
    },
    {
      what: "only that Secret, which has no login",
      given: { ...noLogin, only: true, names: ["a"], unattached: [tried("y", "pulls")], secrets: [secret("a", { servers: ["ghcr.io"] })] },
      message: "secret a has a login for ghcr.io only",
      fix: undefined,
    },
    {
      what: "the port, of a pod without controller and of an init container",
      given: {
        ...noLogin,
        ...otherwise("port"),
        image: `${r}:443/app/web:1`,
        ref: { ...facts.ref, host: `${r}:443` },
        matchesLoginServer: true,
        pods: [
          pod("own", { owner: undefined }),
          pod("web-1", { container: "init" }),
          pod("web-2", { container: "init" }),
          pod("done", { pulled: true, container: "x" }),
        ],
      },
      message: `the pod has no pull secret for this registry; name the image ${r}/app/web:1`,
      fix: `kubectl set image pod/own app=${r}/app/web:1 -n demo && kubectl set image deployment/web init=${r}/app/web:1 -n demo`,
    },
    {
      what: "capitals, of an image by digest that is only named",
      given: {
        ...noLogin,
        ...otherwise("capitals"),
        image: "R1234.azurecr.io/app/web@sha256:1",
        ref: { ...facts.ref, host: "R1234.azurecr.io" },
        pods: [],
      },
      message: `serviceaccount/sa has no pull secret for this registry; a login for ${r} does not match R1234.azurecr.io: name the image ${r}/app/web@sha256:1`,
      fix: `kubectl acr-secret check --image ${r}/app/web@sha256:1 --serviceaccount sa -n demo`,
    },

    // Secrets that cannot be read
    {
      what: "a malformed one of ours",
      given: {
        poison: { secret: "x", message: "bad" },
        secrets: [secret("y"), secret("x", { note: note("made", { derived: true }) })],
      },
      fix: `kubectl acr-secret create x --registry ${r} -n demo`,
    },
    {
      what: "a malformed one that is empty",
      given: { poison: { secret: "x", message: "bad" }, secrets: [secret("x", { servers: [] })], pods: [] },
      fix: `kubectl acr-secret detach x --serviceaccount sa -n demo && ${create} --repository app/web --serviceaccount sa -n demo`,
    },
    {
      what: "a malformed one with other logins, of every kind of pod",
      given: {
        poison: { secret: "x", message: "bad" },
        secrets: [secret("x", { servers: [r, "ghcr.io"] })],
        pods: [
          pod("web-1"),
          pod("j-1", { owner: job }),
          pod("own", { owner: undefined }),
          pod("d-1", { own: true, owner: daemonset }),
          pod("a-1", { own: true, owner: deployment("a") }),
          pod("o-1", { own: true, owner: undefined }),
        ],
      },
      message:
        "secret x is malformed, and with it the kubelet gives up on all of them: bad; it is left as it is, since it may hold other logins; pods that nothing makes anew (j-1, own, o-1) have to be created again",
      fix: `kubectl acr-secret detach x --serviceaccount sa -n demo && ${create} --serviceaccount sa -n demo && kubectl patch daemonset d -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"x"},{"name":"acr-r1234"}]}}}}' -n demo && kubectl patch deployment a -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"x"},{"name":"acr-r1234"}]}}}}' -n demo && kubectl delete pod web-1 d-1 -n demo`,
    },
    {
      what: "a malformed one with other logins, alone",
      given: { only: true, poison: { secret: "x", message: "bad" }, secrets: [secret("x", { servers: [r, "ghcr.io"] })] },
      message:
        "secret x is malformed, and with it the kubelet gives up on all of them: bad; it may hold other logins, so no command here replaces it",
      fix: undefined,
    },
    {
      what: "a malformed one for the port",
      given: {
        ...otherwise("port"),
        ref: { ...facts.ref, host: `${r}:443` },
        only: true,
        poison: { secret: "x", message: "bad" },
        secrets: [secret("x", { servers: [`${r}:443`] })],
      },
      fix: undefined,
    },

    // Other registries
    {
      what: "a given credential of another registry has ended",
      given: {
        azure: undefined,
        ref: { ...facts.ref, host: "ghcr.io" },
        tried: [tried("a", "refused")],
        secrets: [secret("a", { note: note("given", { expiresAt: "2026-01-01T00:00:00Z" }) })],
      },
      fix: `printf %s "$PASSWORD" | kubectl acr-secret create a --registry ghcr.io --username ci-pull --password-stdin -n demo`,
    },
    {
      what: "a given credential of another registry may not pull",
      given: { azure: undefined, tried: [tried("a", "out-of-scope")], secrets: [secret("a", { note: note("given") })] },
      fix: undefined,
    },
    {
      what: "a login of another registry that nobody knows",
      given: { azure: undefined, tried: [tried("a", "refused")], secrets: [] },
      fix: undefined,
    },
    {
      what: "another registry, and another Secret was given",
      given: { azure: undefined, tried: [tried("a", "refused")], secrets: [secret("b", { note: note("given") }), secret("a")] },
      fix: undefined,
    },
  ])("$what", ({ given, message, fix }) => {
    const row = judged(given);

    expect(row.fix).toBe(fix);
    if (message !== undefined) expect(row.message).toBe(message);
  });
});
