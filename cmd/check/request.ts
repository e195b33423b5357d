import { type Flags, formats } from "../line/flags.ts";
import { serviceAccounts } from "../line/known.ts";
import { objectName } from "../line/names.ts";
import { readScope } from "../line/scope-flags.ts";

export const checkFlags = {
  image: { type: "strings", describe: "Check this image instead of those of the pods" },
  serviceaccount: {
    type: "string",
    default: "default",
    bare: "default",
    read: (value) => objectName("ServiceAccount", value),
    complete: serviceAccounts,
    describe: "The ServiceAccount whose pull secrets --image is checked with",
  },
  ...readScope,
  "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
  output: formats(["json", "yaml"]),
} as const satisfies Flags;
