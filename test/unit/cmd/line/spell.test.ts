import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkFlags } from "../../../../cmd/check/request.ts";
import { createFlags } from "../../../../cmd/create/wish.ts";
import { targets } from "../../../../cmd/line/flags.ts";
import { global } from "../../../../cmd/line/kubectl-flags.ts";
import { parse } from "../../../../cmd/line/parse.ts";
import { spell } from "../../../../cmd/line/spell.ts";
import type { Fix } from "../../../../src/fix.ts";
import { commandsIn } from "../../../support/commands.ts";
import { run } from "../../../support/in-process.ts";

const web = { kind: "deployment", name: "web" };

/** Each kind of fix, each of its fields at least once, and the line to type. */
const lines: { fix: Fix; line: string; given?: Parameters<typeof spell>[1] }[] = [
  { fix: { do: "prune", registry: "myregistry" }, line: "kubectl acr-secret prune --registry myregistry" },
  {
    fix: { do: "prune", registry: "myregistry", identity: { source: "az", subscription: "s" } },
    line: "kubectl acr-secret prune --registry myregistry --auth az --subscription s",
  },
  { fix: { do: "create", registry: "myregistry" }, line: "kubectl acr-secret create --registry myregistry" },
  {
    fix: {
      do: "create",
      secret: "acr",
      registry: "r.azurecr.io",
      repositories: ["app/web", "base/*"],
      serviceaccounts: ["a", "b"],
      acrToken: "ci-pull",
      expiresIn: "90d",
      force: true,
      namespace: "demo",
      context: "prod",
    },
    line:
      "kubectl acr-secret create acr --registry r.azurecr.io --repository app/web --repository 'base/*' --serviceaccount a --serviceaccount b " +
      "--acr-token ci-pull --expires-in 90d --force -n demo --context prod",
  },
  {
    fix: {
      do: "create",
      registry: "r",
      scope: { contexts: ["a", "b"], namespaces: "all", selector: "team=web", exclude: ["x-*"], includeSystem: true },
      credentialPer: "scope",
    },
    line:
      "kubectl acr-secret create --registry r --namespace-selector team=web --exclude-namespaces 'x-*' --include-system " +
      "--contexts a --contexts b --credential-per scope",
  },
  {
    fix: {
      do: "create",
      registry: "r",
      scope: { contexts: "all", namespaces: { names: ["a"], globs: ["b-*"] }, selector: undefined, exclude: [], includeSystem: false },
    },
    line: "kubectl acr-secret create --registry r --namespaces a --namespaces 'b-*' --all-contexts",
  },
  {
    fix: {
      do: "create",
      registry: "r",
      scope: { contexts: "current", namespaces: "current", selector: undefined, exclude: [], includeSystem: false },
    },
    line: "kubectl acr-secret create --registry r",
  },
  {
    fix: {
      do: "create",
      registry: "r",
      identity: { source: "workload", tenant: "example.com", subscription: "Pay as you go", cloud: "AzureUSGovernment" },
    },
    line:
      "kubectl acr-secret create --registry r --auth workload --tenant example.com --subscription 'Pay as you go' " +
      "--cloud AzureUSGovernment",
  },
  {
    fix: { do: "create", registry: "r", identity: { source: "auto", tenant: "t" } },
    line: "kubectl acr-secret create --registry r --tenant t",
  },
  {
    fix: { do: "create", registry: "r.azurecr.io", username: "ci" },
    line: `printf %s "$PASSWORD" | kubectl acr-secret create --registry r.azurecr.io --username ci --password-stdin`,
  },
  {
    fix: { do: "attach", secret: "acr", serviceaccounts: ["web"], or: "--all-serviceaccounts" },
    line: "kubectl acr-secret attach acr --serviceaccount web, or --all-serviceaccounts",
  },
  {
    fix: { do: "attach", secret: "acr", targets: ["deployment/web"], output: "kustomize", namespace: "demo" },
    line: "kubectl acr-secret attach acr deployment/web -o kustomize -n demo",
  },
  {
    fix: { do: "attach", secret: "acr", targets: ["serviceaccount/web"], output: "helm" },
    line: "kubectl acr-secret attach acr serviceaccount/web -o helm",
  },
  {
    fix: { do: "attach", secret: "acr", targets: ["pod/web"], recreate: true, force: true, namespace: "demo" },
    line: "kubectl acr-secret attach acr pod/web --recreate --force -n demo",
  },
  { fix: { do: "detach", serviceaccounts: ["default"] }, line: "kubectl acr-secret detach --serviceaccount default" },
  {
    fix: { do: "check", secret: "acr", images: ["r.azurecr.io/a:1"], serviceaccount: "web", namespace: "demo" },
    line: "kubectl acr-secret check acr --image r.azurecr.io/a:1 --serviceaccount web -n demo",
  },
  { fix: { do: "list", namespace: "demo" }, line: "kubectl acr-secret list -n demo" },
  {
    fix: { do: "list", everywhere: true },
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl acr-secret list --all-namespaces -o wide --context=prod",
  },
  { fix: { do: "help" }, line: "kubectl acr-secret --help" },
  { fix: { do: "help", verb: "create" }, given: { forward: [], namespace: "demo" }, line: "kubectl acr-secret create --help" },
  { fix: { do: "delete", secret: "acr", yes: true, or: "do not" }, line: "kubectl acr-secret delete acr --yes, or do not" },
  {
    fix: { do: "delete", secret: "acr", revoke: true, force: true, ignoreNotFound: true, yes: true, namespace: "demo" },
    line: "kubectl acr-secret delete acr --revoke --force --ignore-not-found --yes -n demo",
  },
  {
    fix: {
      do: "rollout",
      workloads: [
        { kind: "deployment", name: "web" },
        { kind: "daemonset", name: "log" },
      ],
      namespace: "demo",
      or: "wait",
    },
    line: "kubectl rollout restart deployment/web daemonset/log -n demo, or wait",
  },
  { fix: { do: "delete-secret", secret: "acr", namespace: "demo" }, line: "kubectl delete secret acr -n demo" },
  {
    fix: { do: "delete-by-force", workload: { kind: "pod", name: "p" }, namespace: "demo", or: "wait" },
    given: { forward: [], context: "prod" },
    line: "kubectl delete pod p --force -n demo --context prod, or wait",
  },
  // A scope that is said is not said twice
  {
    fix: {
      do: "delete",
      secret: "acr",
      yes: true,
      scope: { contexts: ["prod"], namespaces: "all", selector: undefined, exclude: [], includeSystem: false },
    },
    given: { forward: [], context: "prod", namespace: "demo" },
    line: "kubectl acr-secret delete acr --all-namespaces --contexts prod --yes",
  },
  { fix: { do: "get", resource: "serviceaccounts", namespace: "demo" }, line: "kubectl get serviceaccounts -n demo" },
  {
    fix: { do: "create-namespace", name: "demo" },
    given: { forward: ["--context=prod"], namespace: "demo" },
    line: "kubectl create namespace demo --context=prod",
  },
  { fix: { do: "delete-pods", pods: ["a", "b"], namespace: "demo" }, line: "kubectl delete pod a b -n demo" },
  {
    fix: { do: "reference", workload: web, secret: "acr", instead: "bad" },
    line: `kubectl patch deployment web -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"bad"},{"name":"acr"}]}}}}'`,
  },
  {
    fix: { do: "set-image", workload: web, container: "app", image: "r.azurecr.io/app:1" },
    line: "kubectl set image deployment/web app=r.azurecr.io/app:1",
  },
  {
    fix: { do: "pull-chart", secret: "acr", host: "r.azurecr.io", namespace: "demo" },
    line:
      "(umask 077; kubectl get secret acr -o 'jsonpath={.data.\\.dockerconfigjson}' -n demo | base64 -d > registry.json) " +
      "&& helm pull oci://r.azurecr.io/CHART --registry-config registry.json",
  },
  { fix: { do: "create", registry: "r", reader: "flux" }, line: "kubectl acr-secret create --registry r --for flux" },
  {
    fix: { do: "detach", dangling: true, serviceaccounts: ["app"], targets: ["deployment/web"], namespace: "demo" },
    line: "kubectl acr-secret detach deployment/web --serviceaccount app --dangling -n demo",
  },
  { fix: { do: "show-repositories", registry: "r" }, given: { forward: [], namespace: "x" }, line: "az acr repository list --name r" },
  {
    fix: { do: "show-tags", registry: "r", repository: "app/web" },
    line: "az acr repository show-tags --name r --repository app/web",
  },
  {
    fix: { do: "show-manifests", registry: "r", repository: "app/web" },
    line: "az acr manifest list-metadata --registry r --name app/web",
  },
  { fix: { do: "show-network-rules", registry: "r" }, line: "az acr network-rule list --name r" },
  {
    fix: { do: "steps", context: "dev", steps: [{ do: "list" }, { do: "delete-pods", pods: ["a"] }] },
    given: { forward: [], namespace: "x" },
    line: "kubectl acr-secret list -n x --context dev && kubectl delete pod a -n x --context dev",
  },
];

test.for(lines)("$line", ({ fix, given, line }) => {
  expect(spell(fix, given)).toBe(line);
});

test("a line acts where the command line at hand did, and shows no secret of it", () => {
  const forward = [
    "--as=jane doe",
    "--token=hunter2",
    "--kubeconfig=/a b/c",
    "--context=prod",
    "--cache-dir=/tmp/x",
    "--disable-compression=true",
  ];

  expect(spell({ do: "list" }, { forward, namespace: "demo" })).toBe(
    "kubectl acr-secret list -n demo '--as=jane doe' '--kubeconfig=/a b/c' --context=prod",
  );
});

test("what a fix says of the place counts more than the command line at hand", () => {
  const given = { forward: ["--context=prod", "--as=jane"], namespace: "demo" };

  expect(spell({ do: "list", namespace: "other", context: "stage" }, given)).toBe(
    "kubectl acr-secret list -n other --context stage --as=jane",
  );
});

test("every line of ours in this table parses", async () => {
  for (const { line } of lines) {
    for (const { argv } of commandsIn(line)) {
      const { code, stderr } = await run(argv, { stdin: "password" });
      expect(code === 0 || stderr.includes("defect of kubectl acr-secret (Error)") || stderr).toBe(true);
    }
  }
});

/** The words that a shell hands to kubectl for each line. */
function throughShell(typed: readonly string[]): string[][] {
  const script = `kubectl() { printf '%s\\0' "$@"; printf '\\0'; }; PASSWORD=; \n${typed.join("\n")}`;
  const printed = execFileSync("sh", ["-s"], { input: script, encoding: "utf8", maxBuffer: 1 << 26 });
  return printed
    .split("\0\0")
    .slice(0, -1)
    .map((call) => call.split("\0"));
}

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom("'", '"', "\\", "$(x)", "`x`", "$X", "-", "--", "=", " ", "\n", "*", "~", "!", "#", ";", "&", "é"),
      fc.string(),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(""))
  // A slash is refused in a name, or stands behind its kind
  .filter((text) => !/[\0/]/.test(text) && text !== "" && text.isWellFormed());

test("whatever a name holds comes through a shell and our parser as it is", () => {
  const fixes = fc.sample(
    fc.record({
      do: fc.constant("create" as const),
      registry: hostile,
      repositories: fc.array(hostile, { maxLength: 2 }),
      serviceaccounts: fc.array(fc.constantFrom("default", "web-1"), { maxLength: 2 }),
      acrToken: fc.option(hostile, { nil: undefined }),
      expiresIn: fc.option(hostile, { nil: undefined }),
      force: fc.boolean(),
      namespace: hostile,
      context: hostile,
    }),
    { numRuns: 200, seed: 20_260_101 },
  );

  const heard = throughShell(fixes.map((fix) => spell(fix)));

  expect(heard.length).toBe(fixes.length);
  for (const [index, fix] of fixes.entries()) {
    const { flags, args } = parse(heard[index]?.slice(2) ?? [], { ...global, ...createFlags });
    expect({ flags, args }).toMatchObject({
      args: [],
      flags: {
        registry: fix.registry,
        repository: fix.repositories,
        serviceaccount: fix.serviceaccounts,
        "acr-token": fix.acrToken,
        "expires-in": fix.expiresIn,
        force: fix.force,
        namespace: fix.namespace,
        context: fix.context,
      },
    });
  }
});

test("the flags of the other verbs too", () => {
  const images = fc.sample(hostile, { numRuns: 50, seed: 20_260_102 });
  const typed = images.flatMap((image) => [
    spell({ do: "check", images: [image], serviceaccount: "web" }),
    spell({ do: "attach", serviceaccounts: ["web"], namespace: image }),
  ]);

  const heard = throughShell(typed);

  for (const [index, image] of images.entries()) {
    const [checked, attached] = [heard[2 * index]?.slice(2) ?? [], heard[2 * index + 1]?.slice(2) ?? []];
    expect(parse(checked, { ...global, ...checkFlags }).flags).toMatchObject({ image: [image], serviceaccount: "web" });
    expect(parse(attached, { ...global, ...targets }).flags).toMatchObject({ serviceaccount: ["web"], namespace: image });
  }
});
