import { usage } from "../../src/errors.ts";
import type { forwardedNames } from "../head-start.ts";
import { milliseconds } from "./durations.ts";
import type { Flag, Flags } from "./flags.ts";
import { clusters, contexts, namespaces, users } from "./known.ts";

/** Returns the row of a flag with a text. kubectl ignores an empty one. */
function text(describe: string, complete?: Flag["complete"]): Flag {
  return { type: "string", empty: "absent", complete, describe };
}

function repeated(describe: string): Flag {
  return { type: "repeated", empty: "kept", describe };
}

/**
 * Global flags of kubectl that are passed on to it unchanged (1.37: cli-runtime genericclioptions/config_flags.go, klog, and kubectl's root
 * command).
 */
export const forwarded = {
  as: text("Username to impersonate for the operation. User could be a regular user or a service account in a namespace."),
  "as-group": repeated("Group to impersonate for the operation, this flag can be repeated to specify multiple groups."),
  "as-uid": text("UID to impersonate for the operation."),
  "as-user-extra": repeated("User extras to impersonate for the operation, this flag can be repeated to specify multiple values."),
  "cache-dir": text("Default cache directory", "folders"),
  "certificate-authority": text("Path to a cert file for the certificate authority", "files"),
  "client-certificate": text("Path to a client certificate file for TLS", "files"),
  "client-key": text("Path to a client key file for TLS", "files"),
  cluster: text("The name of the kubeconfig cluster to use", clusters),
  context: text("The name of the kubeconfig context to use", contexts),
  "disable-compression": { type: "boolean", describe: "If true, opt-out of response compression for all requests to the server" },
  "insecure-skip-tls-verify": {
    type: "boolean",
    describe: "If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure",
  },
  kubeconfig: text("Path to the kubeconfig file to use for CLI requests.", "files"),
  kuberc: text("Path to the kuberc file to use for preferences of kubectl, such as which credential plugins may run.", "files"),
  "log-flush-frequency": text("Maximum number of seconds between log flushes of kubectl"),
  "match-server-version": { type: "boolean", describe: "Require server version to match the version of kubectl" },
  "proxy-url": text("Proxy URL to use for requests to the API server"),
  server: { ...text("The address and port of the Kubernetes API server"), short: "s" },
  "tls-server-name": text("Server name to use for server certificate validation."),
  token: text("Bearer token for authentication to the API server"),
  user: text("The name of the kubeconfig user to use", users),
  vmodule: text("comma-separated list of pattern=N settings for file-filtered logging of kubectl"),
} as const satisfies Readonly<Record<(typeof forwardedNames)[number], Flag>>;

/** Global flags that the plugin reads itself. */
export const ours = {
  namespace: {
    type: "string",
    short: "n",
    empty: "absent",
    complete: namespaces,
    describe: "If present, the namespace scope for this CLI request",
  },
  "request-timeout": {
    type: "string",
    default: "0",
    empty: "absent",
    refuse: (value) => (milliseconds(value) === undefined ? usage(notATimeout) : undefined),
    describe:
      "The length of time to wait before giving up on a single server request. Non-zero values should contain a unit (e.g. 1s, 2m, 3h).",
  },
  v: {
    type: "string",
    short: "v",
    default: "0",
    empty: "kept",
    refuse: (value) => (/^[+-]?\d{1,9}$/.test(value) ? undefined : notANumber(value)),
    describe: "Number for the log level verbosity: 6 shows requests, 8 their bodies without secrets",
  },
  "warnings-as-errors": {
    type: "boolean",
    describe: "Treat warnings received from the server as errors and exit with a non-zero exit code",
  },
  help: { type: "boolean", short: "h", describe: "Show what a command does and its flags" },
} as const satisfies Flags;

const notATimeout =
  "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)";

const notANumber = (value: string) =>
  usage(`invalid argument ${JSON.stringify(value)} for "-v, --v" flag: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);

const measuresKubectl = () =>
  usage("--profile and --profile-output measure kubectl itself", { kubectl: "version", args: ["--profile=cpu"] });

/** Global flags of kubectl that are not supported. `create` has its own --username. */
const refused = {
  password: {
    type: "string",
    empty: "kept",
    refuse: () =>
      usage(
        "--password is not taken, because others can read a command line while it runs",
        "kubectl acr-secret create --registry REGISTRY --username USER --password-stdin < FILE",
      ),
    hidden: true,
    describe: "Password for basic authentication to the API server",
  },
  username: {
    type: "string",
    empty: "kept",
    refuse: () => usage("--username: no API server takes a user name and a password since Kubernetes 1.19"),
    hidden: true,
    describe: "Username for basic authentication to the API server",
  },
  profile: {
    type: "string",
    empty: "absent",
    refuse: (value) => (value === "none" ? undefined : measuresKubectl()),
    hidden: true,
    describe: "Name of profile to capture.",
  },
  "profile-output": {
    type: "string",
    empty: "absent",
    refuse: measuresKubectl,
    hidden: true,
    describe: "Name of the file for the profile",
  },
  version: {
    type: "boolean",
    refuse: () => usage("unknown flag: --version", { verb: "version" }),
    hidden: true,
    describe: "Print the version",
  },
} as const satisfies Flags;

export const global = { ...forwarded, ...ours, ...refused } as const satisfies Flags;
