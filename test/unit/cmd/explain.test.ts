import { describe, expect, test } from "vitest";
import { explanations } from "../../../cmd/explain.ts";
import { causes } from "../../../src/check/cause.ts";
import type { Finding } from "../../../src/doctor/finding.ts";
import type { Rung } from "../../../src/doctor/ladder.ts";
import type { ErrorKind } from "../../../src/errors.ts";
import type { WarningId } from "../../../src/targets/warnings.ts";
import type { PartId } from "../../../src/verbs/secretless-check.ts";
import { run, type } from "../../support/in-process.ts";

/** All error kinds. A missing one is a compile error. */
const kinds: Readonly<Record<ErrorKind, true>> = {
  usage: true,
  config: true,
  unauthenticated: true,
  forbidden: true,
  notFound: true,
  conflict: true,
  invalid: true,
  unreachable: true,
  timeout: true,
  cancelled: true,
  internal: true,
};

/** All warnings with an id. A missing one is a compile error. */
const warnings: Readonly<Record<WarningId, true>> = {
  "secret-missing": true,
  "dangling-name": true,
  "empty-name": true,
};

/** All checks and ways to pull of `doctor`, and the parts that `secretless check` checks. A missing one is a compile error. */
const checks: Readonly<Record<Finding["id"] | PartId, true>> = {
  "kubectl-version": true,
  "cluster-version": true,
  "cluster-identity": true,
  proxy: true,
  certificates: true,
  "cluster-rights": true,
  "secret-expiry": true,
  "image-pulls": true,
  schedules: true,
  leftovers: true,
  nodes: true,
  "azure-arc": true,
  "credential-provider": true,
  "azure-identity": true,
  "azure-registry": true,
  "azure-rights": true,
  "registry-mode": true,
  "registry-network": true,
  "registry-admin-user": true,
  "registry-tokens": true,
  "kubelet-identity": true,
  annotations: true,
  "token-audience": true,
  "account-token": true,
  "token-exchange": true,
  "registry-access": true,
  "image-access": true,
  "node-provider": true,
  "pod-pull": true,
};
const ways: Readonly<Record<Rung["id"], true>> = {
  "aks-identity": true,
  "federated-provider": true,
  "scheduled-rotation": true,
  "token-without-expiry": true,
  "service-principal": true,
  "admin-user": true,
};

const noWorld = {};

/** Events of a pod, as `kubectl describe` prints them. */
const described = `  Normal   Pulling  12s (x3 over 60s)  kubelet  Pulling image "r.azurecr.io/app:1"
  Warning  Failed   11s (x2 over 59s)  kubelet  Failed to pull image "r.azurecr.io/app:1": failed to fetch oauth token: unexpected status: 401 Unauthorized
  Warning  Failed   11s (x3 over 60s)  kubelet  Error: ErrImagePull
  Warning  Failed   10s                kubelet  Failed to pull image "r.azurecr.io/app:1": failed to copy: write /1: no space left on device
  Normal   BackOff  2s (x4 over 58s)   kubelet  Back-off pulling image "r.azurecr.io/app:1"
`;

test.for([
  { of: "verdict", ids: Object.keys(causes) },
  { of: "warning", ids: Object.keys(warnings) },
  { of: "error", ids: Object.keys(kinds) },
  { of: "check", ids: Object.keys(checks) },
  { of: "way", ids: Object.keys(ways) },
])("explains every $of in the order of the source", ({ of, ids }) => {
  expect(explanations.filter((each) => each.of === of).map(({ id }) => id)).toEqual(ids);
});

test("describes each id in one sentence that fits into a table", () => {
  for (const { means } of explanations) expect(means).toMatch(/^[A-Z].{10,110}\.$/);
});

describe("explain", () => {
  test("lists all ids without a request", async () => {
    const { stdout, stderr, code } = await type("explain", noWorld);

    expect([stderr, code]).toEqual(["", 0]);
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      "ID                     TYPE      VERDICT                             MEANS",
      "pulls                  verdict   ready                               A credential of the pods can pull the image.",
    ]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(explanations.length + 1);
    expect((await type("explain --no-headers", noWorld)).stdout).toBe(stdout.slice(stdout.indexOf("\n") + 1));
  });

  test("prints the section of the page with indented commands", async () => {
    expect(await type("explain out-of-scope", noWorld)).toEqual({
      stdout: [
        "out-of-scope (verdict): repository not in scope\n\n",
        "The login is valid, but it has no permission to pull from this repository.\n\n",
        "An ACR token can pull only the repositories in its scope map. The following\ncommand adds one. `--repositories-from-pods` adds all that pods use:\n\n",
        "  kubectl acr-secret create SECRET --registry REGISTRY --repository REPOSITORY\n\n",
        "A service principal needs the role AcrPull on the registry. On a registry with\nrepository permissions (ABAC), it needs a role assignment whose condition allows\n",
        "this repository.\n",
      ].join(""),
      stderr: "",
      code: 0,
    });
  });

  test.for(Object.entries(causes).map(([id, { words }]) => ({ id, words })))(
    "accepts the text of $id instead of the id",
    async ({ id, words }) => {
      const byWords = await type(`explain ${words}`, noWorld);

      expect(byWords).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id} (verdict): ${words}\n`) });
      expect((await type(`explain ${id}`, noWorld)).stdout).toContain(byWords.stdout);
    },
  );

  test("prints JSON when -o json", async () => {
    const { stdout } = await type("explain notfound -o json", noWorld);

    expect(JSON.parse(stdout)).toEqual({
      apiVersion: "acr-secret/v1",
      kind: "ExplanationList",
      items: [{ id: "notFound", type: "error", means: expect.stringMatching(/\.$/), says: expect.stringMatching(/^Check the/) }],
    });
    expect(JSON.parse((await type("explain -o json", noWorld)).stdout).items).toHaveLength(explanations.length);
  });

  test.for([
    { typed: "older_pod", hint: "did you mean older-pod?" },
    { typed: "secret-missin", hint: "did you mean secret-missing?" },
    { typed: "name", hint: "did you mean other-namespace, invalid-image, dangling-name or empty-name?" },
    { typed: "banana", hint: "kubectl acr-secret explain" },
    { typed: "is", hint: "kubectl acr-secret explain" },
  ])("refuses $typed with the hint $hint", async ({ typed, hint }) => {
    expect(await type(`explain ${typed}`, noWorld)).toEqual({
      stdout: "",
      stderr: `error: unknown id "${typed}"\nhint: ${hint}\n`,
      code: 1,
    });
  });

  test.for([
    { typed: "401 Unauthorized", ids: ["refused", "expired", "no-login", "older-pod"] },
    { typed: "403 Forbidden", ids: ["blocked", "data-blocked", "denied"] },
    { typed: "429 Too Many Requests", ids: ["throttled"] },
    { typed: "ErrImageNeverPull", ids: ["never-pulled"] },
    { typed: "InvalidImageName", ids: ["invalid-image"] },
    { typed: "failed to fetch oauth token: unexpected status: 401 Unauthorized", ids: ["refused"] },
    { typed: "pull access denied, insufficient_scope: authorization failed", ids: ["out-of-scope"] },
    { typed: "myregistry.azurecr.io/app/web:1: not found", ids: ["not-found"] },
    { typed: "illegal base64 data at input byte 0", ids: ["malformed-secret"] },
    { typed: "ErrImagePull: pull QPS exceeded", ids: ["node-limit"] },
    {
      typed:
        "Failed to pull image myregistry.azurecr.io/app/web:9: rpc error: code = NotFound desc = myregistry.azurecr.io/app/web:9: not found",
      ids: ["not-found"],
    },
  ])("explains the verdicts that the kubelet's words $typed can mean", async ({ typed, ids }) => {
    const { stdout } = await type(`explain ${typed} -o json`, noWorld);

    expect(JSON.parse(stdout).items.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  test("explains the lines of kubectl describe", async () => {
    const { stdout } = await run(["explain", described, "-o", "json"], noWorld);

    expect(JSON.parse(stdout).items.map(({ id }: { id: string }) => id)).toEqual(["refused", "node-disk-full"]);
  });

  test.for(["ImagePullBackOff", "errimagepull"])("prints the command that finds the cause of %s", async (typed) => {
    const { code, stderr } = await type(`explain ${typed} -n demo`, noWorld);

    expect({ code, fix: stderr.split("\n").at(-2) }).toEqual({ code: 1, fix: "  kubectl acr-secret check -n demo" });
  });

  test("completes one id with its description", async () => {
    expect((await type("__complete explain never", { patient: true })).stdout).toBe(
      "never-pulled\tThe pod has `imagePullPolicy: Never`, and its node doesn't have the image.\n:4\n",
    );
    expect((await type("__complete explain refused e", { patient: true })).stdout).toBe(":4\n");
  });

  test("wraps lines at 40 columns", async () => {
    const { rendered } = await import("../../../cmd/explain.ts");
    const code = explanations.flatMap(({ says }) => says.flatMap((block) => ("code" in block ? block.code.split("\n") : [])));
    const lines = explanations.flatMap((each) => rendered(each, 40).split("\n")).filter((line) => !code.includes(line.trim()));

    expect(lines.filter((line) => line.length > 40 && line.includes(" "))).toEqual([]);
  });
});
