import { expect, test } from "vitest";
import { demo } from "../support/demo.ts";
import { type } from "../support/in-process.ts";

const everyVerb = ["create", "attach", "check", "list", "rotate", "detach", "delete", "prune", "doctor"];
const scope = ["-A", "--all-namespaces", "--namespaces", "--namespace-selector", "--exclude-namespaces", "--include-system"];
const manifests = ["-f", "--filename", "-k", "--kustomize", "-R", "--recursive", "--write"];

/** Flags that a verb does not have. */
const unknown: readonly (readonly [verb: string, flags: readonly string[]])[] = [
  ...everyVerb.map((verb) => [verb, ["--contexts", "--all-contexts", "--concurrency"]] as const),
  [
    "create --registry myregistry",
    ["--keep", "--merge", "--acr-token", "--scope-map", "--from-docker-config", "--include-regional", ...manifests],
  ],
  ["attach acr", [...manifests, ...scope]],
  ["detach acr", [...manifests, ...scope]],
  [
    "schedule",
    ["--apply", "--with-identity", "--for-new-namespaces", "--repository", "--serviceaccount", "--credential-per", "--older-than"],
  ],
  ["schedule check", ["--apply", "--with-identity"]],
  ["completion kubectl", ["--dir", "--dry-run"]],
  ["secretless node-files --registry myregistry", ["--for", "--verify"]],
];

test.for(unknown.flatMap(([verb, flags]) => flags.map((flag) => ({ verb, flag }))))("$verb rejects $flag", async ({ verb, flag }) => {
  const { code, stderr } = await type(`${verb} ${flag}=x`, demo().ports);

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^error: unknown (shorthand )?flag: /) });
});

test.for([
  { line: "check -o sarif", error: /^error: .*"sarif"/ },
  ...["admission-policy", "helm", "kustomize"].flatMap((format) => [
    { line: `attach acr -o ${format}`, error: new RegExp(`^error: .* output format "${format}"`) },
    { line: `detach acr -o ${format}`, error: new RegExp(`^error: .* output format "${format}"`) },
  ]),
  { line: "create --registry myregistry --for external-secrets", error: /^error: .*"external-secrets"/ },
  { line: "completion install", error: /^error: invalid argument "install"/ },
  { line: "completion uninstall", error: /^error: invalid argument "uninstall"/ },
  { line: "schedule status", error: /^error: .*"status"/ },
  { line: "schedule create --image r.azurecr.io/plugin:1", error: /^error: .*"create"/ },
  {
    line: "secretless create web --registry myregistry --identity 22222222-2222-2222-2222-222222222222",
    error: /^error: .*"22222222-2222-2222-2222-222222222222"/,
  },
  { line: "secretless migrate", error: /^error: .*"migrate"/ },
  { line: "secretless issuer", error: /^error: .*"issuer"/ },
  { line: "whoami", error: /^error: unknown command "whoami"/ },
])("rejects $line", async ({ line, error }) => {
  const { code, stderr } = await type(line, demo().ports);

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(error) });
});
