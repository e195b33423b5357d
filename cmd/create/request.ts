import { dryRun, fieldManager, output, targets, type Values } from "../line/flags.ts";

export const createFlags = {
  registry: { type: "string", describe: "The registry: its name in Azure, or its login server (myregistry.azurecr.io)" },
  repository: {
    type: "strings",
    describe:
      "A repository that may be pulled, or all below a path (team/*); may be repeated. Default: those that the namespace's pods use.",
  },
  ...targets,
  username: { type: "string", describe: "Take this user name instead of making an ACR token; its password comes by --password-stdin" },
  "password-stdin": { type: "boolean", describe: "Read the password of --username from stdin" },
  "acr-token": { type: "string", describe: "Name of the ACR token in Azure. Default: a name that belongs to this Secret alone." },
  "expires-in": { type: "string", describe: "How long the password is to work, such as 90d or 12h. Default: it does not expire." },
  auth: {
    type: "string",
    choices: ["auto", "az", "env"],
    default: "auto",
    describe: "Where the identity for Azure comes from: the Azure CLI (az), the AZURE_* variables (env), or whichever is there (auto)",
  },
  verify: {
    type: "boolean",
    default: true,
    describe: "Fetch a manifest with the credential before it is written. --verify=false: this machine cannot.",
  },
  force: { type: "boolean", describe: "Take over a Secret of the same name that somebody else made" },
  ...dryRun,
  ...fieldManager,
  ...output,
} as const;

/** What `create` was asked, with what it cannot do without. */
export type CreateRequest = Values<typeof createFlags> & { readonly registry: string; readonly name: string };
