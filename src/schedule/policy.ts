import { notOfSchedule, type Right } from "../kube/port.ts";

/** The variable in which a CronJob names the policy that limits its ServiceAccount. */
export const policyVariable = "ACR_SECRET_POLICY";

/**
 * Returns a policy (admissionregistration.k8s.io/v1 ValidatingAdmissionPolicySpec) that limits what a user writes to these rights, which
 * RBAC alone grants more widely. A Secret of another type could get the token of any ServiceAccount of its namespace. The fields are
 * complete, because a run compares them with those in the cluster.
 */
export function policyFor(rights: readonly Right[], user: string): object {
  const writes = rights.filter(({ verb }) => ["create", "patch", "delete"].includes(verb));
  const places = Map.groupBy(writes, ({ resource, name = "*" }) => `${resource.split("/")[0]}/${name}`);
  const namespacesOf = (of: readonly Right[]) => unique(of.map(({ namespace = "*" }) => namespace));
  return {
    failurePolicy: "Fail",
    matchConstraints: {
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      resourceRules: [
        {
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["CREATE", "UPDATE", "DELETE"],
          resources: unique(writes.map(({ resource }) => resource)),
          scope: "*",
        },
      ],
    },
    matchConditions: [{ name: "user", expression: `request.userInfo.username == ${JSON.stringify(user)}` }],
    variables: [
      { name: "object", expression: "dyn(object == null ? oldObject : object)" },
      // The namespaces by the resource and the name
      { name: "places", expression: JSON.stringify(Object.fromEntries([...places].map(([key, of]) => [key, namespacesOf(of)]))) },
      { name: "namespaces", expression: '[request.namespace] + (request.namespace.startsWith("kube-") ? [] : ["*"])' },
    ],
    validations: [
      {
        expression:
          '[string(variables.object.metadata.name), "*"].map(name, request.resource.resource + "/" + name)' +
          ".exists(key, key in variables.places && variables.namespaces.exists(one, one in variables.places[key]))",
        message: notOfSchedule,
        reason: "Forbidden",
      },
      {
        expression: `request.resource.resource != "secrets" || variables.object.type == ${JSON.stringify(pullSecret)}`,
        message: `the Secret must have the type ${pullSecret}`,
        reason: "Forbidden",
      },
    ],
  };
}

/** Returns the binding of a policy (ValidatingAdmissionPolicyBindingSpec). */
export const bindingFor = (policyName: string): object => ({ policyName, validationActions: ["Deny"] });

const pullSecret = "kubernetes.io/dockerconfigjson";

const unique = (texts: readonly string[]) => [...new Set(texts)].sort();
