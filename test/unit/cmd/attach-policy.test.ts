import { load } from "js-yaml";
import { expect } from "vitest";
import { line } from "../../support/demo.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { all, answer, type Given, type Row, testRows, typed } from "../../support/rows.ts";

const printed = "attach acr -n demo -o admission-policy";
const selected = "attach acr -o admission-policy --namespace-selector team=shop";
const auth = { auth: Buffer.from("ci:hunter2").toString("base64") };

const secretOf =
  (namespace: string, ...hosts: string[]): Given =>
  ({ cluster }) =>
    cluster.put(pullSecret(namespace, "acr", Object.fromEntries(hosts.map((host) => [host, auth]))));

/** Adds namespaces with a label. */
const shops =
  (...names: string[]): Given =>
  ({ cluster }) => {
    addNamespaces(cluster, ...names);
    for (const name of names) {
      const namespace = cluster.get("namespace", "", name);
      if (namespace) cluster.put({ ...namespace, metadata: { ...namespace.metadata, labels: { team: "shop" } } });
    }
  };

type Policy = {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly policyName?: string;
    readonly matchConstraints: { readonly namespaceSelector: { readonly matchExpressions: readonly object[] } };
    readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
  };
};
const policyIn = (stdout: string) => load(stdout.split("---\n")[0] ?? "") as Policy;

/** Compares the namespaces and the hosts of the printed policy. */
const selects =
  (matchExpressions: readonly object[], ...hosts: string[]): NonNullable<Row["check"]> =>
  (_, { stdout }) => {
    const { spec } = policyIn(stdout);
    expect(spec.matchConstraints.namespaceSelector).toEqual({ matchExpressions });
    const expression = spec.matchConditions.find(({ name }) => name === "uses-the-registry")?.expression ?? "";
    expect(JSON.parse(/^\[.*?\]/.exec(expression)?.[0] ?? "")).toEqual(hosts.map((host) => `${host}/`));
  };
const shop = [{ key: "team", operator: "In", values: ["shop"] }];
const rejected = (command: string, error: RegExp): Row => ({ does: `rejects ${command}`, command, code: 1, stderr: error });

testRows([
  {
    does: "prints a policy and its binding for namespaces with the plugin's label",
    given: secretOf("demo", "myregistry.azurecr.io"),
    command: printed,
    stdout: /^# For namespaces with the labels acr-secret\/attach=enabled\n/,
    writes: [],
    check: (world, run) => {
      selects([{ key: "acr-secret/attach", operator: "In", values: ["enabled"] }], "myregistry.azurecr.io")(world, run);
      const [first, second] = run.stdout.split("---\n").map((text) => load(text) as Policy);
      expect([first?.metadata.name, second?.metadata.name, second?.spec.policyName]).toEqual(["acr", "acr", "acr"]);
    },
  },
  {
    does: "uses the namespace's only Secret when the command line names none",
    given: typed(line),
    command: "attach -n demo -o admission-policy",
    check: (_, { stdout }) => expect(policyIn(stdout).metadata.name).toBe("acr-myregistry"),
  },
  {
    does: "names every registry of the Secret",
    given: secretOf("demo", "https://myregistry.azurecr.io/v2/", "other.azurecr.io"),
    command: printed,
    check: selects([{ key: "acr-secret/attach", operator: "In", values: ["enabled"] }], "myregistry.azurecr.io", "other.azurecr.io"),
  },
  {
    does: "reads the Secret of the first selected namespace that has it",
    given: all(shops("a", "b", "c"), secretOf("b", "b.azurecr.io"), secretOf("c", "c.azurecr.io")),
    command: selected,
    check: selects(shop, "b.azurecr.io"),
  },
  {
    does: "reads the Secret of the current namespace when no namespace has the label yet",
    given: secretOf("default", "myregistry.azurecr.io"),
    command: selected,
    check: selects(shop, "myregistry.azurecr.io"),
  },
  {
    does: "prints every operator of a label selector",
    given: secretOf("default", "myregistry.azurecr.io"),
    command: "attach acr -o admission-policy --namespace-selector env=a,tier!=db,app,!old",
    check: selects(
      [
        { key: "env", operator: "In", values: ["a"] },
        { key: "tier", operator: "NotIn", values: ["db"] },
        { key: "app", operator: "Exists" },
        { key: "old", operator: "DoesNotExist" },
      ],
      "myregistry.azurecr.io",
    ),
  },
  {
    does: "says so when the server doesn't serve such policies",
    given: all(secretOf("demo", "myregistry.azurecr.io"), answer("version", { gitVersion: "v1.35.4+k3s1" })),
    command: printed,
    code: 1,
    stderr: ["error: MutatingAdmissionPolicy requires Kubernetes 1.36, and the server has v1.35.4+k3s1"],
  },
  {
    does: "rejects a Secret that doesn't exist",
    command: printed,
    code: 1,
    stderr: /^Error from server \(NotFound\): secrets "acr" not found\nhint: kubectl acr-secret create -n demo acr --registry REGISTRY$/m,
  },
  { does: "rejects a Secret without a registry", given: secretOf("demo"), command: printed, code: 1, stderr: /does not name the registry/ },
  rejected(`${printed} deployment/web`, /cannot be used with targets/),
  rejected(`${printed} --where-used`, /cannot be used with targets/),
  rejected("attach acr -A -o admission-policy", /cannot be used with --all-namespaces/),
  rejected("attach acr --namespaces a -o admission-policy", /cannot be used with --namespaces/),
  rejected("attach acr --contexts a -o admission-policy", /cannot be used with --contexts/),
  rejected("attach acr -o admission-policy --namespace-selector !", /unable to parse the labels "!"/),
]);
