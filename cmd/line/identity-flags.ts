import { cloudNames } from "../../src/azure/cloud.ts";
import type { SignInOptions } from "../../src/azure/port.ts";
import { usage } from "../../src/errors.ts";
import type { Flags, Values } from "./flags.ts";

/** The form of a tenant, which becomes a part of URLs: an id or a domain. */
const tenantForm = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/i;

/** The flags that select the identity and the cloud of requests to Azure. */
export const identityFlags = {
  auth: {
    type: "string",
    choices: ["auto", "az", "env", "workload", "managed"],
    default: "auto",
    describe:
      "Where the identity for Azure comes from: the Azure CLI (az), a service principal in the AZURE_* variables (env), a workload identity's " +
      "token file (workload), this machine's managed identity (managed), or what the environment names, else the Azure CLI (auto)",
  },
  tenant: {
    type: "string",
    refuse: (value) =>
      tenantForm.test(value) ? undefined : usage(`invalid --tenant ${JSON.stringify(value)}: the tenant's id, or its domain`),
    describe: "The Azure tenant to sign in to, by its id or domain. Default: the identity's own.",
  },
  subscription: {
    type: "string",
    describe: "The only subscription to look for the registry in, by its id or name. Default: every one that the identity can read.",
  },
  cloud: {
    type: "string",
    choices: cloudNames,
    describe: "The Azure cloud to sign in to. Default: that of the environment, or of the Azure CLI.",
  },
} as const satisfies Flags;

/** Returns the sign-in options of a command line. */
export const identityOf = ({ auth, tenant, subscription, cloud }: Values<typeof identityFlags>): SignInOptions => {
  return { source: auth, tenant, subscription, cloud };
};
