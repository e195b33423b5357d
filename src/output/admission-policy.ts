import { managedBy } from "../objects.ts";
import { printData } from "./object.ts";

/** meta/v1 LabelSelector with `matchExpressions`. */
type NamespaceSelector = { readonly matchExpressions: readonly object[] };

/**
 * Prints a MutatingAdmissionPolicy and its binding. They add a pull secret to each new pod with an image of one of the hosts, in the
 * selected namespaces. The pod keeps its other pull secrets: the ServiceAccount's are in its list before the policy is evaluated.
 */
export async function admissionPolicy(secret: string, hosts: readonly string[], namespaceSelector: NamespaceSelector): Promise<string> {
  const metadata = { name: secret, labels: { [managedBy.key]: managedBy.value } };
  const of = { apiVersion: "admissionregistration.k8s.io/v1", metadata };
  const policy = {
    ...of,
    kind: "MutatingAdmissionPolicy",
    spec: {
      // A policy that can't be evaluated must not prevent pods
      failurePolicy: "Ignore",
      // Another policy or webhook may change the images
      reinvocationPolicy: "IfNeeded",
      matchConstraints: {
        namespaceSelector,
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
      matchConditions: [
        // The API server rejects a mirror pod that refers to a Secret
        { name: "not-a-mirror-pod", expression: '!("kubernetes.io/config.mirror" in object.metadata.?annotations.orValue({}))' },
        { name: "uses-the-registry", expression: usesRegistry(hosts) },
        { name: "lacks-the-secret", expression: `!object.spec.?imagePullSecrets.orValue([]).exists(s, s.?name == ${optional(secret)})` },
      ],
      // An ApplyConfiguration can't change this list, because its items are atomic
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: addition(secret) } }],
    },
  };
  const binding = { ...of, kind: "MutatingAdmissionPolicyBinding", spec: { policyName: secret } };
  return `${await printData(policy, "yaml")}---\n${await printData(binding, "yaml")}`;
}

/** A text as a literal of CEL, which has the escapes of JSON. */
const text = (value: string) => JSON.stringify(value);

const optional = (value: string) => `optional.of(${text(value)})`;

function usesRegistry(hosts: readonly string[]): string {
  const prefixes = hosts.map((host) => text(`${host}/`)).join(", ");
  return [
    `[${prefixes}].exists(registry,`,
    '  object.spec.containers.exists(c, c.?image.orValue("").startsWith(registry)) ||',
    '  object.spec.?initContainers.orValue([]).exists(c, c.?image.orValue("").startsWith(registry)) ||',
    '  object.spec.?volumes.orValue([]).exists(v, v.?image.?reference.orValue("").startsWith(registry)))',
  ].join("\n");
}

function addition(secret: string): string {
  const item = `Object.spec.imagePullSecrets{name: ${text(secret)}}`;
  return [
    "has(object.spec.imagePullSecrets)",
    `? [JSONPatch{op: "add", path: "/spec/imagePullSecrets/-", value: ${item}}]`,
    `: [JSONPatch{op: "add", path: "/spec/imagePullSecrets", value: [${item}]}]`,
  ].join("\n");
}
